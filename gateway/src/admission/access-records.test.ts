import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { newPerson } from '@munjigi/testing/user'
import { bearer, openDoor, testClock } from './door.fixture.ts'

const silence: RequestListener = () => {}
const failure: RequestListener = (_request, response) => void response.writeHead(500).end()

/** A door whose records have the time of the test. */
async function openDoorInTime(t: TestContext) {
  const { now, pass } = testClock()
  const door = await openDoor(t, { now })
  door.user.setPerson({ sub: 'kim' })
  const token = door.platform.token({ sub: 'kim' })
  return {
    ...door,
    kim: () => door.knock('/api/case/x', bearer(token)),
    pass,
  }
}

/** Holds user's answers back until they are let go. */
function holdAnswers(door: Awaited<ReturnType<typeof openDoor>>) {
  const held: { response: ServerResponse; body: string }[] = []
  const arrivals = new EventTarget()
  return {
    hold: (body: object) =>
      door.user.answerWith((_request, response) => {
        held.push({ response, body: JSON.stringify(body) })
        arrivals.dispatchEvent(new Event('arrival'))
      }),
    arrival: () => once(arrivals, 'arrival'),
    letGo: () => {
      for (const { response, body } of held.splice(0)) response.setHeader('content-type', 'application/json').end(body)
    },
  }
}

const recordOf = (platform: string, sub: string, changes: object = {}) => ({
  ...newPerson(sub),
  names: [{ issuer: platform, sub }],
  ...changes,
})

const untilIs = async (expected: string, ask: () => Promise<string>) => {
  while ((await ask()) !== expected) await delay(20)
}

test('many callers of one person are one question', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim' })
  const tokens = Array.from({ length: 50 }, () => bearer(door.platform.token({ sub: 'kim' })))

  const answers = await Promise.all(tokens.map((asked) => door.knock('/api/case/x', asked)))
  assert.deepEqual(new Set(answers), new Set(['200 kim']))
  assert.deepEqual(door.user.questions, ['access kim'])
})

test('a record is believed for five seconds', async (t) => {
  const door = await openDoorInTime(t)
  await door.kim()
  door.user.setPerson({ sub: 'kim', status: 'disabled' })
  door.pass(3)
  assert.equal(await door.kim(), '200 kim')
  door.pass(2.1)

  assert.equal(await door.kim(), '403 account-disabled')
})

test('a busy person is asked for ahead and never waits', async (t) => {
  const door = await openDoorInTime(t)
  await door.kim()
  door.pass(4.5)
  door.user.setPerson({ sub: 'kim', role: 'PENDING' })
  assert.equal(await door.kim(), '200 kim')

  await untilIs('403 approval-pending', door.kim)
  assert.deepEqual(door.user.questions, ['access kim', 'access kim'])
})

test('a message makes a change count at once, whichever name of the person it bears', async (t) => {
  const door = await openDoor(t)
  const atKeycloak = { issuer: door.keycloak.issuer, sub: 'kc-kim' }
  const approach = {
    platform: bearer(door.platform.token({ sub: 'kim' })),
    keycloak: bearer(door.keycloak.token({ sub: 'kc-kim', azp: 'kakao-bot' })),
  }
  for (const name of [{ issuer: door.platform.issuer, sub: 'kim' }, atKeycloak])
    for (const asked of Object.values(approach)) {
      door.user.setPerson({ sub: 'kim', status: 'active', names: [atKeycloak] })
      await door.announce({ all: true })
      assert.equal(await door.knock('/api/case/x', asked), '200 kim')
      door.user.setPerson({ sub: 'kim', status: 'disabled', names: [atKeycloak] })
      await door.announce(name)

      assert.equal(await door.knock('/api/case/x', asked), '403 account-disabled')
    }
})

test('somebody is unknown until the message that they came', async (t) => {
  const door = await openDoor(t)
  const asked = bearer(door.platform.token({ sub: 'kim' }))
  assert.equal(await door.knock('/api/case/x', asked), '403 unknown-person')
  assert.equal(await door.knock('/api/case/x', asked), '403 unknown-person')
  assert.equal(door.user.questions.length, 1)
  door.user.setPerson({ sub: 'kim' })
  await door.announce({ issuer: door.platform.issuer, sub: 'kim' })

  assert.equal(await door.knock('/api/case/x', asked), '200 kim')
})

for (const [what, message] of Object.entries({
  'about the person': (issuer: string) => JSON.stringify({ issuer, sub: 'kim' }),
  'about everybody': () => '{"all":true}',
  'that cannot be read': () => '{"issuer":',
  'of no known shape': () => '{"sub":"kim"}',
}))
  test(`a message ${what} voids an answer that is on its way`, async (t) => {
    const door = await openDoor(t)
    const answers = holdAnswers(door)
    door.user.setPerson({ sub: 'kim', status: 'disabled' })
    answers.hold(recordOf(door.platform.issuer, 'kim'))
    const arrived = answers.arrival()
    const knocking = door.knock('/api/case/x', bearer(door.platform.token({ sub: 'kim' })))
    await arrived
    await door.announceText(message(door.platform.issuer))
    door.user.answerWith()
    answers.letGo()

    assert.equal(await knocking, '403 account-disabled')
  })

test('a message under one name voids an answer on its way under another', async (t) => {
  const door = await openDoor(t)
  const answers = holdAnswers(door)
  const names = [{ issuer: door.keycloak.issuer, sub: 'kc-kim' }]
  door.user.setPerson({ sub: 'kim', status: 'disabled', names })
  answers.hold(
    recordOf(door.platform.issuer, 'kim', { names: [{ issuer: door.platform.issuer, sub: 'kim' }, ...names] }),
  )
  const arrived = answers.arrival()
  const knocking = door.knock('/api/case/x', bearer(door.keycloak.token({ sub: 'kc-kim', azp: 'kakao-bot' })))
  await arrived
  await door.announce({ issuer: door.platform.issuer, sub: 'kim' })
  door.user.answerWith()
  answers.letGo()

  assert.equal(await knocking, '403 account-disabled')
})

test('each subscription empties the memory, for what was said meanwhile is lost', async (t) => {
  const door = await openDoor(t)
  const asked = bearer(door.platform.token({ sub: 'kim' }))
  door.user.setPerson({ sub: 'kim' })
  await door.knock('/api/case/x', asked)
  door.lose()
  assert.equal(door.changes.isHeard, false)
  door.user.setPerson({ sub: 'kim', status: 'rejected' })
  door.resubscribe()

  assert.equal(door.changes.isHeard, true)
  assert.equal(await door.knock('/api/case/x', asked), '403 account-rejected')
})

for (const [what, outage] of Object.entries({ silent: silence, failing: failure }))
  test(`while user is ${what}, a record serves for a minute and no longer`, async (t) => {
    const door = await openDoorInTime(t)
    await door.kim()
    door.user.answerWith(outage)
    door.pass(30)
    assert.equal(await door.kim(), '200 kim')
    door.pass(20)
    assert.equal(await door.kim(), '200 kim')
    door.pass(12)

    assert.equal(await door.kim(), '503 access-unknown')
  })

test('what a message deleted is never used stale', async (t) => {
  const door = await openDoorInTime(t)
  await door.kim()
  door.user.answerWith(failure)
  await door.announce({ issuer: door.platform.issuer, sub: 'kim' })

  assert.equal(await door.kim(), '503 access-unknown')
})

test('a record that is deleted while its renewal fails is not used either', async (t) => {
  const door = await openDoorInTime(t)
  await door.kim()
  door.pass(10)
  let drop = () => {}
  const dropped = new Promise<void>((resolve) => {
    drop = resolve
  })
  door.user.answerWith((_request, response) => void dropped.then(() => response.writeHead(500).end()))
  const knocking = door.kim()
  await door.announce({ issuer: door.platform.issuer, sub: 'kim' })
  drop()

  assert.equal(await knocking, '503 access-unknown')
})

test('without a record a public route answers 503 to a token, and nobody else notices', async (t) => {
  const door = await openDoor(t)
  door.user.answerWith(failure)

  assert.equal(await door.knock('/api/meal/v1/menus', bearer(door.platform.token())), '503 access-unknown')
  assert.equal(await door.knock('/api/meal/v1/menus'), '200 nobody')
  assert.equal(await door.knock('/api/auth/login', bearer(door.platform.token())), '200 nobody')
  assert.equal(await door.knock('/api/case/x', bearer(door.partner.token({ sub: 'guest' }))), '200 partner|guest')
})

test('in an outage callers do not wait one after the other, and all goes on without a restart', async (t) => {
  const door = await openDoor(t)
  door.user.setPerson({ sub: 'kim' })
  door.user.answerWith(silence)
  const tokens = Array.from({ length: 100 }, () => bearer(door.platform.token()))
  assert.equal(await door.knock('/api/case/x', tokens[0]), '503 access-unknown')

  for (const asked of tokens) assert.equal(await door.knock('/api/case/x', asked), '503 access-unknown')
  assert.ok(door.user.questions.length < 10, `${door.user.questions.length} questions`)
  door.user.answerWith()
  await untilIs('200 kim', () => door.knock('/api/case/x', bearer(door.platform.token({ sub: 'kim' }))))
})

test('one person whom user cannot answer for shuts nobody else out', async (t) => {
  const door = await openDoor(t)
  for (const sub of ['lee', 'park']) door.user.setPerson({ sub })
  door.user.answerWith((request, response) => {
    if (request.url?.includes('sub=cursed')) return
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify(
        recordOf(door.platform.issuer, new URL(request.url ?? '', 'http://u').searchParams.get('sub') ?? ''),
      ),
    )
  })
  const cursed = door.knock('/api/case/x', bearer(door.platform.token({ sub: 'cursed' })))
  assert.equal(await door.knock('/api/case/x', bearer(door.platform.token({ sub: 'lee' }))), '200 lee')

  assert.equal(await cursed, '503 access-unknown')
  assert.equal(await door.knock('/api/case/x', bearer(door.platform.token({ sub: 'park' }))), '200 park')
})

test('what is no answer of the contract lets nobody in', async (t) => {
  const door = await openDoor(t)
  const good = recordOf(door.platform.issuer, 'kim')
  const problem = (status: number, type: string) => ({
    status,
    body: { type: `/problems/${type}`, title: type, status },
  })
  const answers: { status?: number; body: unknown }[] = [
    { body: null },
    { body: {} },
    { body: [] },
    { body: { ...good, status: 'fine' } },
    { body: { ...good, superuser: 'true' } },
    { body: { ...good, ended_sids: undefined } },
    { body: { ...good, valid_from: '0' } },
    { body: { ...good, tenant: { id: 't', status: 'gone' } } },
    problem(404, 'not-found'),
    problem(401, 'unknown-person'),
    problem(403, 'unknown-person'),
    problem(401, 'internal-key-invalid'),
    problem(500, 'unknown-person'),
  ]
  for (const { status = 200, body } of answers) {
    door.user.answerWith((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    const asked = bearer(door.platform.token({ sub: 'kim' }))

    assert.equal(await door.knock('/api/case/x', asked), '503 access-unknown', JSON.stringify(body))
  }
})
