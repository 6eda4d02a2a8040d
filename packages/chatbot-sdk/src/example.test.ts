import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { testDatabase } from '@munjigi/testing/database'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { testStore } from '@munjigi/testing/store'
import { headerOf, testUpstream, type Upstream } from '@munjigi/testing/upstream'
import { menuBot, migrationPlan } from './example.ts'
import { sealingKey } from './house.fixture.ts'
import { CLIENT, callbackOf, HMAC_SECRET, signed } from './relay.fixture.ts'

const PASSWORD = 'a-long-password'
const LOGIN_LINK = 'http://relay.example/login/lit'

const closing: (() => Promise<unknown>)[] = []
let provider: Provider
let gateway: Upstream
let bot: ReturnType<typeof menuBot>

before(async () => {
  provider = await testProvider()
  const { database, close } = await testDatabase(migrationPlan)
  const store = testStore()
  gateway = await testUpstream((_request, response) => response.end('bibimbap'))
  const relay = await testUpstream((_request, response) =>
    response.end(JSON.stringify({ login_link: LOGIN_LINK, expires_in: 600 })),
  )
  bot = menuBot(database, {
    relay: { url: relay.url, clientKey: CLIENT, hmacSecret: HMAC_SECRET },
    idp: { issuer: provider.issuer, clientId: CLIENT, clientSecret: provider.clients[CLIENT].secret },
    callbackUrl: 'http://bot.example/users/callback',
    gatewayUrl: gateway.url,
    store,
    tokenKeys: sealingKey(),
  })
  closing.push(() => bot.close(), close, store.close, gateway.close, relay.close, provider.close)
})
after(async () => {
  for (const close of closing) await close()
})

const say = async (user: string, text: string): Promise<string> =>
  (await bot.inject({ method: 'POST', url: '/messages', body: { user, text } })).json().reply

test('the example in the README is the one that runs here', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const [, block] = /```ts\n(.*?)```/s.exec(read('../README.md')) ?? []

  assert.equal(block, read('./example.ts'))
})

test('a person is given a login link, logs in, is served under their own name, and leaves', async () => {
  const username = `menu-${randomUUID()}`
  const sub = await provider.addUser({ username, password: PASSWORD })
  const chat = `chat-${randomUUID()}`
  const before = await say(chat, 'menu')
  const tokens = await provider.tokensOf(username, { scope: 'openid offline_access', password: PASSWORD })
  const { body, headers } = signed(callbackOf(provider.issuer, tokens, { chatbot_user_id: chat }))
  const brought = await bot.inject({
    method: 'POST',
    url: '/users/callback',
    body,
    headers: { ...headers, 'content-type': 'application/json' },
  })
  const served = await say(chat, 'menu')
  const [request] = gateway.requests

  assert.equal(before, `Log in first: ${LOGIN_LINK}`)
  assert.equal(brought.statusCode, 204)
  assert.equal(served, 'bibimbap')
  assert.equal(request?.url, '/api/meal/v1/menus?date=2026-11-21')
  assert.equal(headerOf(request, 'x-user-sub'), sub)
  assert.equal(await say(chat, 'bye'), 'Bye!')
  assert.equal(await say(chat, 'menu'), `Log in first: ${LOGIN_LINK}`)
})

test('a login that the IdP ended is answered by a new link', async () => {
  const username = `menu-${randomUUID()}`
  await provider.addUser({ username, password: PASSWORD })
  const chat = `chat-${randomUUID()}`
  const tokens = await provider.tokensOf(username, { scope: 'openid offline_access', password: PASSWORD })
  const callback = callbackOf(provider.issuer, tokens, { chatbot_user_id: chat, expires_in: 1 })
  const { body, headers } = signed(callback)
  const type = { 'content-type': 'application/json' }
  await bot.inject({ method: 'POST', url: '/callback', body, headers: { ...headers, ...type } })
  await provider.endOfflineSessions(username)

  assert.equal(await say(chat, 'menu'), `Log in first: ${LOGIN_LINK}`)
})
