import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '@munjigi/problem'
import { bearer, openDoor, testClock } from './door.fixture.ts'

const seconds = () => Math.floor(Date.now() / 1000)

async function openDoorWithKey(t: TestContext, { isHearing = true } = {}) {
  const { now, pass } = testClock()
  const door = await openDoor(t, { isHearing, now })
  door.user.setPerson({ sub: 'kim' })
  door.user.setKey('mj_good', { sub: 'kim', key_id: 'k1' })
  return {
    ...door,
    exchanges: () => door.user.questions.filter((question) => question.startsWith('tokens')).length,
    knockWithKey: () => door.knock('/api/case/x', bearer('mj_good')),
    tokenByKey: async () => (await door.admit('/api/case/x', bearer('mj_good'))).token?.token,
    pass,
  }
}

test('many callers with one key are one exchange', async (t) => {
  const door = await openDoorWithKey(t)

  const answers = await Promise.all(Array.from({ length: 50 }, door.knockWithKey))
  assert.deepEqual(new Set(answers), new Set(['200 kim']))
  assert.equal(door.exchanges(), 1)
})

test('an exchanged token is remembered until half a minute before its end', async (t) => {
  const door = await openDoorWithKey(t)
  const first = await door.tokenByKey()
  door.pass(269)
  assert.equal(await door.tokenByKey(), first)
  door.pass(2)

  assert.notEqual(await door.tokenByKey(), first)
})

test('an unknown key is asked for once in ten seconds', async (t) => {
  const door = await openDoorWithKey(t)
  const knock = () => door.knock('/api/case/x', bearer('mj_unknown'))
  for (let i = 0; i < 3; i++) assert.equal(await knock(), '401 unknown-credential')
  assert.equal(door.exchanges(), 1)
  door.pass(11)

  assert.equal(await knock(), '401 unknown-credential')
  assert.equal(door.exchanges(), 2)
})

test('what user refuses of a credential is a 401 with a challenge, of a key the same at first sight and later', async (t) => {
  const door = await openDoorWithKey(t)
  const refusalOf = (token: string) =>
    door.admit('/api/case/x', bearer(token)).then(
      () => assert.fail('it was let in'),
      ({ status, type, title, headers }: Problem) => [status, type, title, headers['www-authenticate']],
    )
  const challenge = 'Bearer error="invalid_token"'
  for (let sight = 1; sight <= 2; sight += 1)
    assert.deepEqual(await refusalOf('mj_unknown'), [401, 'unknown-credential', 'The API key is not known', challenge])
  door.user.setPerson({ sub: 'lee', rights_changed_at: seconds() })
  const tokenOfLee = (sid: string) => door.platform.token({ sub: 'lee', sid, iat: seconds() - 1 })
  await door.admit('/api/case/x', bearer(tokenOfLee('s1')))
  door.user.answerWith((_request, response) => {
    response.writeHead(401, { 'content-type': 'application/problem+json' })
    response.end(JSON.stringify({ type: '/problems/unknown-credential', title: 'Not accepted', status: 401 }))
  })
  assert.deepEqual(await refusalOf(tokenOfLee('s2')), [401, 'unknown-credential', 'Not accepted', challenge])
})

test('what cannot be a key is not asked for', async (t) => {
  const door = await openDoorWithKey(t)
  for (const key of ['mj_', `mj_${'x'.repeat(253)}`, 'mj_é', 'mj_\x7f'])
    assert.equal(await door.knock('/api/case/x', bearer(key)), '401 unknown-credential')

  assert.deepEqual(door.user.questions, [])
})

test('a flood of invented keys takes nothing from those with good tokens, and user answers eight of them at once', async (t) => {
  const door = await openDoorWithKey(t)
  await door.knockWithKey()
  door.pass(300)
  let [answering, most] = [0, 0]
  door.user.onExchange(async () => {
    answering += 1
    most = Math.max(most, answering)
    await new Promise(setImmediate)
    answering -= 1
  })
  const flood = Array.from({ length: 200 }, (_, i) => door.knock('/api/case/x', bearer(`mj_invented${i}`)))
  const renewal = door.knockWithKey()

  assert.equal(await door.knock('/api/case/x', bearer(door.platform.token({ sub: 'kim' }))), '200 kim')
  assert.equal(await renewal, '200 kim')
  await Promise.all(flood)
  assert.ok(most <= 8 + 1, `${most} at once`)
})

test('a good key that is new is heard while invented ones of others wait', async (t) => {
  const door = await openDoorWithKey(t)
  const flood = Array.from({ length: 30 }, (_, i) => door.knock('/api/case/x', bearer(`mj_invented${i}`)))

  assert.equal(await door.knock('/api/case/x', { ...bearer('mj_good'), address: '198.51.100.7' }), '200 kim')
  await Promise.all(flood)
})

test('whoever waits too long for a turn behind a slow user service gives the place up, and user is not asked', async (t) => {
  const { exchanges, user } = await openDoor(t)
  user.onExchange(() => delay(500))
  const flood = Array.from({ length: 200 }, (_, i) =>
    exchanges.find({ api_key: `mj_invented${i}` }, '203.0.113.1').catch((problem: Problem) => problem),
  )
  const refusals = (await Promise.all(flood)).filter(
    (answer) => answer instanceof Problem && answer.type === 'access-unknown',
  )

  assert.ok(refusals.length > 0)
  assert.ok(user.questions.length < flood.length, `${user.questions.length} questions`)
})

test('a frozen user service keeps nobody waiting for a turn: each is told to come again', async (t) => {
  const door = await openDoorWithKey(t)
  const frozen = Promise.withResolvers<void>()
  door.user.onExchange(() => frozen.promise)
  const flood = Array.from({ length: 100 }, (_, i) =>
    door.admit('/api/case/x', bearer(`mj_invented${i}`)).then(
      () => 'let in',
      ({ status, type, headers }: Problem) => `${status} ${type} ${headers['retry-after']}`,
    ),
  )

  assert.deepEqual(new Set(await Promise.all(flood)), new Set(['503 access-unknown 1']))
  frozen.resolve()
})

test('a user service that takes its time for each of several questions is not waited for', async (t) => {
  const door = await openDoorWithKey(t)
  // Rights that change after the exchange need a second one.
  door.user.setPerson({ sub: 'kim', rights_changed_at: seconds() + 60 })
  door.user.onExchange(() => delay(600))

  assert.equal(await door.knockWithKey(), '503 access-unknown')
})

test('a withdrawn key ends with its message', async (t) => {
  const door = await openDoorWithKey(t)
  assert.equal(await door.knockWithKey(), '200 kim')
  door.user.removeKey('mj_good')
  assert.equal(await door.knockWithKey(), '200 kim')
  await door.announce({ key_id: 'k1' })

  assert.equal(await door.knockWithKey(), '401 unknown-credential')
})

test('a withdrawn key whose message was lost ends with the next record of its owner', async (t) => {
  const door = await openDoorWithKey(t, { isHearing: false })
  assert.equal(await door.knockWithKey(), '200 kim')
  door.user.removeKey('mj_good')
  door.user.setPerson({ sub: 'kim', ended_sids: ['k1'] })
  door.pass(5.1)

  assert.equal(await door.knockWithKey(), '401 session-ended')
})

test("a change of the owner renews the key's token, with a message or without", async (t) => {
  for (const isHearing of [true, false]) {
    const door = await openDoorWithKey(t, { isHearing })
    const first = await door.tokenByKey()
    door.user.setPerson({ sub: 'kim', rights_changed_at: seconds() + 1 })
    if (isHearing) await door.announce({ issuer: door.platform.issuer, sub: 'kim' })
    else door.pass(5.1)

    assert.notEqual(await door.tokenByKey(), first)
  }
})

test('ending everything ends a key’s token and not the key', async (t) => {
  const door = await openDoorWithKey(t)
  door.user.setClaims({ iat: seconds() - 10 })
  const first = await door.tokenByKey()
  door.user.setPerson({ sub: 'kim', valid_from: seconds() })
  door.user.setClaims({})
  door.pass(5.1)

  assert.notEqual(await door.tokenByKey(), first)
})

test('a token that user issues from before valid_from lets nobody in', async (t) => {
  const door = await openDoorWithKey(t)
  door.user.setPerson({ sub: 'kim', valid_from: seconds() + 3600 })

  assert.equal(await door.knockWithKey(), '401 token-outdated')
})

test('of the second of a change, a token counts only if it was asked for after the record', async (t) => {
  const door = await openDoorWithKey(t)
  const now = seconds()
  door.user.setPerson({ sub: 'kim', rights_changed_at: now })
  door.user.setClaims({ iat: now })
  const asked = bearer(door.platform.token({ sub: 'kim', iat: now - 1 }))
  const exchanged = async () => (await door.admit('/api/case/x', asked)).token?.token
  const first = await exchanged()
  assert.equal(await exchanged(), first)
  assert.equal(door.exchanges(), 1)
  // The next record may speak of a second change in that second.
  door.pass(5.1)

  assert.notEqual(await exchanged(), first)
})

test('a change voids an exchange that is on its way', async (t) => {
  const door = await openDoorWithKey(t)
  const old = door.platform.token({ sub: 'kim', role: 'ADMIN' })
  let letGo = () => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const arrival = new EventTarget()
  door.user.answerWith((request, response) => {
    if (request.method !== 'POST') return response.writeHead(500).end()
    arrival.dispatchEvent(new Event('arrived'))
    const body = JSON.stringify({ access_token: old, expires_in: 300, sub: 'kim', key_id: 'k1' })
    return held.then(() => response.setHeader('content-type', 'application/json').end(body))
  })
  const arrived = once(arrival, 'arrived')
  const knocking = door.tokenByKey()
  await arrived
  await door.announce({ issuer: door.platform.issuer, sub: 'kim' })
  door.user.answerWith()
  letGo()

  assert.notEqual(await knocking, old)
})

test('an exchanged token that is no platform token of that person lets nobody in', async (t) => {
  const door = await openDoorWithKey(t)
  const answers: object[] = [
    {},
    { access_token: 'nonsense', expires_in: 300, sub: 'kim' },
    { access_token: door.platform.token({ sub: 'kim' }), expires_in: '300', sub: 'kim' },
    { access_token: door.platform.token({ sub: 'lee' }), expires_in: 300, sub: 'kim' },
    { access_token: door.platform.token({ sub: 'kim', exp: seconds() - 60 }), expires_in: 300, sub: 'kim' },
    { access_token: door.platform.token({ sub: 'kim', sid: undefined, client_id: 'x' }), expires_in: 300, sub: 'kim' },
    { access_token: door.keycloak.token({ sub: 'kim', azp: 'kakao-bot' }), expires_in: 300, sub: 'kim' },
    { access_token: door.partner.token({ sub: 'kim' }), expires_in: 300, sub: 'kim' },
  ]
  for (const answer of answers) {
    door.user.answerWith((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    })

    assert.equal(await door.knockWithKey(), '503 access-unknown', JSON.stringify(answer))
  }
})

test("an outdated token that user answers with somebody else's lets nobody in", async (t) => {
  const door = await openDoorWithKey(t)
  door.user.setPerson({ sub: 'kim', rights_changed_at: seconds() })
  door.user.setClaims({ sub: 'lee' })

  assert.equal(await door.knock('/api/case/x', bearer(door.platform.token({ sub: 'kim' }))), '503 access-unknown')
})

test('what user refuses of its own accord is not blamed on the caller', async (t) => {
  const door = await openDoorWithKey(t)
  for (const [status, type] of [
    [401, 'internal-key-invalid'],
    [404, 'not-found'],
    [400, 'invalid-request'],
    [500, 'internal'],
  ] as const) {
    door.user.answerWith((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ type: `/problems/${type}`, title: type, status }))
    })

    assert.equal(await door.knockWithKey(), '503 access-unknown', type)
  }
})

test('while user is away a remembered key goes on as long as its owner’s record', async (t) => {
  const door = await openDoorWithKey(t)
  await door.knockWithKey()
  door.user.answerWith((_request, response) => response.writeHead(500).end())
  door.pass(50)
  assert.equal(await door.knockWithKey(), '200 kim')
  door.pass(11)

  assert.equal(await door.knockWithKey(), '503 access-unknown')
})
