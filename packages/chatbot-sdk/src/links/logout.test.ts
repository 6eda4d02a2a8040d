import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, before, type TestContext, test } from 'node:test'
import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import { keyRing } from '@munjigi/sealing/fernet'
import { testIssuer } from '@munjigi/testing/issuer'
import { assertRefused, nextSecond, providerRequests } from '@munjigi/testing/provider-requests'
import { testUpstream } from '@munjigi/testing/upstream'
import { chatbotHouse, sealingKey } from '../house.fixture.ts'
import { CLIENT, callbackOf, loginTokens, seconds, signed } from '../relay.fixture.ts'
import { newLink } from '../tokens-at-rest.ts'
import type { UserMap } from '../user-map.ts'

const PASSWORD = 'a-long-password'
const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} }

let house: Awaited<ReturnType<typeof chatbotHouse>>
before(async () => {
  house = await chatbotHouse()
})
after(() => house.close())

interface LogoutClaims {
  sub: string
  sid?: string
  iat?: number
}

/** A chatbot of an IdP that signs whatever a test needs. */
async function setUp(t: TestContext) {
  const issuer = await testIssuer()
  t.after(issuer.close)
  const idp = { issuer: issuer.issuer, clientId: CLIENT, clientSecret: 'secret' }
  const chatbot = house.chatbot({ idp })
  const logoutToken = (claims: LogoutClaims) =>
    issuer.token({ aud: CLIENT, typ: 'Logout', events: EVENTS, sid: undefined, exp: seconds() + 120, ...claims })
  return {
    idp,
    chatbot,
    sub: randomUUID(),
    async link(login: Parameters<typeof loginTokens>[1]) {
      const chat = `chat-${randomUUID()}`
      const { body, headers } = signed(callbackOf(issuer.issuer, loginTokens(issuer, login), { chatbot_user_id: chat }))
      await chatbot.receiveCallback(body, headers)
      return chat
    },
    logoutToken,
    logOut: (claims: LogoutClaims, receiver = chatbot) => receiver.receiveLogout(logoutToken(claims)),
    isAlive: async (chat: string) => (await chatbot.linkOf(chat))?.is_alive,
  }
}

test('a logout ends the login of its own session, and the link stays for the next login', async (t) => {
  const { chatbot, sub, link, logOut, isAlive } = await setUp(t)
  house.events.length = 0
  const chat = await link({ sub, sid: 'one' })
  await logOut({ sub, sid: 'two' })
  await logOut({ sub: randomUUID(), sid: 'one' })
  assert.equal(await isAlive(chat), true)
  await logOut({ sub, sid: 'one' })

  assert.equal(await isAlive(chat), false)
  await assert.rejects(chatbot.as(chat).fetch('meal', '/'), { status: 401, type: 'login-ended' })
  assert.deepEqual(house.events, [{ kind: 'linked' }, { kind: 'logged_out' }])
})

test('a logout that names no session ends what began before it, and no later login', async (t) => {
  const { sub, link, logOut, isAlive } = await setUp(t)
  const now = seconds()
  const earlier = await link({ sub, iat: now - 10 })
  const another = randomUUID()
  const later = await link({ sub: another, iat: now })
  for (const person of [sub, another]) await logOut({ sub: person, iat: now - 5 })

  assert.equal(await isAlive(earlier), false)
  assert.equal(await isAlive(later), true)
})

test('a logout of somebody who is linked to no chat, or whose login ended before, is no fault', async (t) => {
  const { sub, link, logOut, isAlive } = await setUp(t)
  const chat = await link({ sub, sid: 'one' })
  await logOut({ sub: randomUUID() })
  await logOut({ sub, sid: 'one' })
  await logOut({ sub, sid: 'one' })

  assert.equal(await isAlive(chat), false)
})

test('a logout that could not be carried out is taken when it comes again', async (t) => {
  const { idp, sub, link, isAlive, logoutToken } = await setUp(t)
  const chat = await link({ sub, sid: 'one' })
  let isGone = true
  const findBySub: UserMap['findBySub'] = (name) =>
    isGone ? Promise.reject(new Error('the database is gone')) : house.userMap.findBySub(name)
  const receiver = house.chatbot({ idp, userMap: { ...house.userMap, findBySub } })
  const token = logoutToken({ sub, sid: 'one' })
  await assert.rejects(receiver.receiveLogout(token), /gone/)
  isGone = false
  await receiver.receiveLogout(token)

  assert.equal(await isAlive(chat), false)
  await assert.rejects(receiver.receiveLogout(token), { type: 'logout-token-invalid' })
})

test('under a wrong key a logout fails and nothing is cleared', async (t) => {
  const { idp, sub, link, logOut } = await setUp(t)
  const chat = await link({ sub, sid: 'one' })
  const mistaken = house.chatbot({ idp, sealing: keyRing(sealingKey()) })
  const row = await house.userMap.findByChat(chat)

  await assert.rejects(logOut({ sub, sid: 'one' }, mistaken), { status: 500, type: 'tokens-unreadable' })
  assert.deepEqual(await house.userMap.findByChat(chat), row)
})

test('a browser’s logout that leaves the offline token alive ends it too, and nobody else’s', async (t) => {
  const told = await testUpstream((_request, response) => response.end())
  const own = await chatbotHouse({ realmVariables: { KAKAO_BOT_LOGOUT_URL: told.url } })
  t.after(async () => {
    await own.close()
    await told.close()
  })
  const { post, refresh } = providerRequests(own.provider)
  const chatbot = own.chatbot()
  const [person, other] = [await own.person(), await own.person()]
  const browser = idpBrowser()
  const signIn = (scope: string) => own.provider.tokensOf(person.username, { scope, password: PASSWORD, browser })
  const online = await signIn('openid')
  await nextSecond()
  const offline = await signIn('openid offline_access')
  await own.userMap.link(newLink(own.sealing, { ...offline, sub: person.sub, chatbotUserId: person.chat }, Date.now()))
  const asked = once(told.server, 'request').then(([request]) => once(request, 'end'))
  await post('logout', { refresh_token: online.refresh_token })
  await asked
  const form = new URLSearchParams(told.requests[0]?.body)
  await chatbot.receiveLogout(form.get('logout_token') ?? '')

  assert.equal((await chatbot.linkOf(person.chat))?.is_alive, false)
  assertRefused(await refresh(offline.refresh_token), 400, 'invalid_grant')
  assert.equal((await chatbot.linkOf(other.chat))?.is_alive, true)
})
