import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { nextSecond, providerRequests } from '@munjigi/testing/provider-requests'
import { chatbotHouse, type Person } from '../house.fixture.ts'
import { isProblem } from '../outcome.fixture.ts'
import { unsignedToken } from '../unsigned-token.fixture.ts'
import type { UserMap } from '../user-map.ts'

const house = await chatbotHouse({ realm: { revokeRefreshToken: true, refreshTokenMaxReuse: 0 } })
after(house.close)
beforeEach(() => {
  house.proxy.requests.length = 0
  house.gateway.requests.length = 0
  house.events.length = 0
})

/** Five minutes is what an access token lives. */
const whenDue = () => Date.now() + 241_000
const row = async ({ chat }: Person) => (await house.userMap.findByChat(chat)) ?? assert.fail('no row')
const refreshes = () => house.proxy.count('refresh_token')
const outcomes = () => house.events.flatMap((event) => (event.kind === 'refresh' ? event.outcome : []))
const ask = (bot: ReturnType<typeof house.chatbot>, { chat }: Person) => bot.as(chat).fetch('meal', '/v1/menus')

test('a token with more than a minute left is used as it is', async () => {
  const person = await house.person()
  const bot = house.chatbot({ now: () => Date.now() + 200_000 })

  assert.equal((await ask(bot, person)).status, 200)
  assert.equal(refreshes(), 0)
})

test('a token with a minute or less left is renewed, and what is stored is used', async () => {
  const person = await house.person()
  const before = await row(person)
  const bot = house.chatbot({ now: whenDue })

  assert.equal((await ask(bot, person)).status, 200)
  const later = await row(person)
  assert.equal(refreshes(), 1)
  assert.notEqual(later.refresh_token, before.refresh_token)
  assert.equal(later.login_id, before.login_id)
  const sent = new Map(house.gateway.requests[0]?.rawHeaders)
  assert.equal(sent.get('authorization'), `Bearer ${house.sealing.open(later.access_token as string)}`)
  assert.deepEqual(outcomes(), ['renewed'])
})

test('twenty calls at once in two processes are one refresh, and everybody is served', async () => {
  const person = await house.person()
  const bots = [house.chatbot({ now: whenDue }), house.chatbot({ now: whenDue })]
  const calls = bots.flatMap((bot) => Array.from({ length: 10 }, () => ask(bot, person)))
  const statuses = (await Promise.all(calls)).map(({ status }) => status)

  assert.deepEqual(statuses, Array(20).fill(200))
  assert.equal(refreshes(), 1)
  assert.deepEqual(
    house.proxy.requests.flatMap(({ call, status }) => (call === 'refresh_token' ? status : [])),
    [200],
  )
})

test('who waits for another process looks again until the new token is there', async () => {
  const person = await house.person()
  const { asked, release } = house.holdRefresh()
  const first = ask(house.chatbot({ now: whenDue }), person)
  await asked
  const lookedAgain = Promise.withResolvers<void>()
  let looks = 0
  const findByChat: UserMap['findByChat'] = (chatbotUser) => {
    looks += 1
    if (looks === 3) lookedAgain.resolve()
    return house.userMap.findByChat(chatbotUser)
  }
  const second = ask(house.chatbot({ now: whenDue, userMap: { ...house.userMap, findByChat } }), person)
  await lookedAgain.promise
  release()

  assert.deepEqual([(await first).status, (await second).status], [200, 200])
  assert.equal(refreshes(), 1)
})

const endings: { name: string; end(person: Person): Promise<unknown> }[] = [
  { name: 'a deleted account', end: ({ username }) => house.provider.deleteUser(username) },
  { name: 'an ended offline session', end: ({ username }) => house.provider.endOfflineSessions(username) },
  {
    name: 'the offline role taken away',
    end: ({ username }) => house.provider.revokeRole(username, 'offline_access'),
  },
  {
    name: "an administrator's logout",
    end: async ({ username }) => {
      await nextSecond()
      await house.provider.endSessions(username)
    },
  },
  {
    name: "the realm's end of all earlier tokens",
    end: async () => {
      await nextSecond()
      await house.provider.endEarlierTokens()
    },
  },
]

for (const { name, end } of endings)
  test(`${name} ends the login: the tokens are cleared and the row stays`, async () => {
    const person = await house.person()
    await end(person)
    const bot = house.chatbot({ now: whenDue })

    await assert.rejects(ask(bot, person), isProblem(401, 'login-ended'))
    const { access_token, refresh_token, access_token_expires_at } = await row(person)
    assert.deepEqual([access_token, refresh_token, access_token_expires_at], [null, null, null])
    assert.equal((await bot.linkOf(person.chat))?.is_alive, false)
    await assert.rejects(ask(bot, person), isProblem(401, 'login-ended'))
    assert.equal(refreshes(), 1)
  })

test('a refresh token that was used elsewhere ends the login', async () => {
  const person = await house.person()
  const { refresh_token } = await row(person)
  await providerRequests(house.provider).refresh(house.sealing.open(refresh_token as string))

  await assert.rejects(ask(house.chatbot({ now: whenDue }), person), isProblem(401, 'login-ended'))
})

test('a disabled account keeps its tokens, which work again when it is enabled', async () => {
  const person = await house.person()
  await house.provider.disableUser(person.username)
  const bot = house.chatbot({ now: whenDue })

  await assert.rejects(ask(bot, person), isProblem(403, 'login-disabled'))
  await house.provider.enableUser(person.username)
  assert.equal((await ask(bot, person)).status, 200)
  assert.deepEqual(outcomes(), ['disabled', 'renewed'])
})

test('who waits in vain for another process is told to try again', async () => {
  const person = await house.person()
  await house.userMap.claim(person.chat, 'a process that died', 600_000)

  await assert.rejects(ask(house.chatbot({ now: whenDue }), person), isProblem(503, 'login-unavailable'))
  assert.equal(refreshes(), 0)
})

const oauth = (status: number, error: string, error_description?: string) => ({
  status,
  body: JSON.stringify({ error, error_description }),
})
const ISSUER = "Invalid token issuer. Expected 'https://sso.example.com'"
const OTHER_CLIENT = "Invalid refresh token. Token client and authorized client don't match"
const html = (status: number) => ({ status, body: '<html>', type: 'text/html' })

const refusals = [
  { fault: oauth(400, 'invalid_grant', ISSUER), status: 502, type: 'login-misconfigured' },
  { fault: oauth(400, 'invalid_grant', OTHER_CLIENT), status: 502, type: 'login-misconfigured' },
  { fault: oauth(401, 'unauthorized_client'), status: 502, type: 'login-misconfigured' },
  { fault: oauth(401, 'invalid_client'), status: 502, type: 'login-misconfigured' },
  { fault: oauth(400, 'unauthorized_client'), status: 502, type: 'login-misconfigured' },
  { fault: oauth(400, 'invalid_scope'), status: 502, type: 'login-misconfigured' },
  { fault: oauth(400, 'something-new'), status: 502, type: 'login-misconfigured' },
  { fault: oauth(400, 'invalid_grant', 'User disabled'), status: 403, type: 'login-disabled' },
  { fault: oauth(500, 'server_error'), status: 503, type: 'login-unavailable' },
  { fault: oauth(503, 'invalid_grant'), status: 503, type: 'login-unavailable' },
  { fault: oauth(429, 'slow_down'), status: 503, type: 'login-unavailable' },
  { fault: html(200), status: 503, type: 'login-unavailable' },
  { fault: html(400), status: 503, type: 'login-unavailable' },
  { fault: html(502), status: 503, type: 'login-unavailable' },
  { fault: { status: 200, body: '{"access_token":' }, status: 503, type: 'login-unavailable' },
  { fault: { status: 200, body: '{}' }, status: 503, type: 'login-unavailable' },
  { fault: 'cut' as const, status: 503, type: 'login-unavailable' },
]

for (const { fault, status, type } of refusals)
  test(`an IdP that says ${JSON.stringify(fault)} ends no login: ${type}`, async () => {
    const person = await house.person()
    const before = await row(person)
    const bot = house.chatbot({ now: whenDue })
    house.proxy.next('refresh_token', fault)

    await assert.rejects(ask(bot, person), isProblem(status, type))
    assert.deepEqual(await row(person), before)
    assert.equal((await ask(bot, person)).status, 200)
  })

test('every other invalid_grant ends the login, with status 401 too', async () => {
  for (const fault of [oauth(400, 'invalid_grant'), oauth(401, 'invalid_grant', 'expired')]) {
    const person = await house.person()
    house.proxy.next('refresh_token', fault)

    await assert.rejects(ask(house.chatbot({ now: whenDue }), person), isProblem(401, 'login-ended'))
    assert.equal((await row(person)).refresh_token, null)
  }
})

test('an IdP that does not answer is given up, and the next call asks again', async () => {
  const person = await house.person()
  const before = await row(person)
  const bot = house.chatbot({ now: whenDue })
  house.proxy.next('refresh_token', 'frozen')

  await assert.rejects(ask(bot, person), isProblem(503, 'login-unavailable'))
  assert.deepEqual(await row(person), before)
  assert.equal((await ask(bot, person)).status, 200)
})

test('an IdP that cannot be found is no end of a login', async () => {
  const person = await house.person()
  const bot = house.chatbot({ now: whenDue })
  house.proxy.always('anything', 'cut')

  await assert.rejects(ask(bot, person), isProblem(503, 'login-unavailable'))
  house.proxy.always('anything')
  assert.equal((await ask(bot, person)).status, 200)
})

test('an answer for somebody else is never stored', async () => {
  const [person, other] = [await house.person(), await house.person()]
  const before = await row(person)
  const theirs = house.sealing.open((await row(other)).access_token as string)
  const answer = { access_token: theirs, token_type: 'Bearer', expires_in: 300 }
  house.proxy.next('refresh_token', { status: 200, body: JSON.stringify(answer) })

  const count = house.events.length
  await assert.rejects(ask(house.chatbot({ now: whenDue }), person), isProblem(502, 'login-misconfigured'))
  assert.deepEqual(await row(person), before)
  assert.deepEqual(house.events.slice(count), [
    { kind: 'refresh', outcome: 'misconfigured', reason: 'the answer holds no tokens of this person' },
  ])
})

test('an id_token that our clock calls expired does not cost the refresh token that came with it', async () => {
  const person = await house.person()
  const { refresh_token } = await row(person)
  const { sub } = person
  const answer = {
    access_token: unsignedToken({ sub, typ: 'Bearer' }),
    refresh_token: unsignedToken({ sub, typ: 'Offline' }),
    id_token: unsignedToken({ iss: house.provider.issuer, sub, aud: 'kakao-bot', iat: 1, exp: 2 }),
    token_type: 'Bearer',
    expires_in: 300,
  }
  house.proxy.next('refresh_token', { status: 200, body: JSON.stringify(answer) })

  assert.equal((await ask(house.chatbot({ now: whenDue }), person)).status, 200)
  assert.notEqual((await row(person)).refresh_token, refresh_token)
})

test('nobody is called for a chat that is not linked', async () => {
  const bot = house.chatbot()

  await assert.rejects(ask(bot, { chat: 'nobody', sub: '', username: '' }), isProblem(401, 'not-linked'))
  assert.equal(house.gateway.requests.length, 0)
  assert.equal(await bot.linkOf('nobody'), undefined)
})

test('a clock ten minutes fast loses no login', async () => {
  const person = await house.person()
  const bot = house.chatbot({ now: () => Date.now() + 600_000 })

  assert.equal((await ask(bot, person)).status, 200)
  assert.equal(refreshes(), 1)
})

test('a clock ten minutes slow asks with a token that has ended, is refused once and renews', async () => {
  const person = await house.person()
  house.answerNext((_, response) => response.writeHead(401).end())
  const bot = house.chatbot({ now: () => Date.now() - 600_000 })

  assert.equal((await ask(bot, person)).status, 200)
  assert.equal(refreshes(), 1)
})

test('closing lets a renewal that is under way, and the call that waits for it, finish', async () => {
  const person = await house.person()
  const before = await row(person)
  const bot = house.chatbot({ now: whenDue })
  const { asked, release } = house.holdRefresh()
  const call = ask(bot, person)
  await asked
  const closed = bot.close()
  release()
  await closed

  assert.notEqual((await row(person)).refresh_token, before.refresh_token)
  assert.equal((await call).status, 200)
})
