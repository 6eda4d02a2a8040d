import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { providerProxy } from '@munjigi/testing/provider-proxy'
import { headerOf } from '@munjigi/testing/upstream'
import { formOf, testBrowser } from './browser.fixture.ts'
import { clientsJson, HMAC_SECRET, issueLink, JWT_SECRET, type TestChatbot, testChatbot } from './relay.fixture.ts'

const PROCESS = fileURLToPath(new URL('relay-process.fixture.ts', import.meta.url))
const BASE_URL = 'http://localhost'

let idp: Provider
before(async () => {
  idp = await testProvider()
})
after(() => idp.close())

/** A relay in a process of its own, and everything that it writes. */
async function startRelay(t: TestContext, chatbot: TestChatbot, serverUrl = new URL(idp.issuer).origin) {
  const path = join(mkdtempSync(join(tmpdir(), 'munjigi-relay-')), 'clients.json')
  writeFileSync(path, clientsJson(idp, chatbot, { server_url: serverUrl }))
  const env = { BASE_URL, JWT_SECRET, RELAY_TO_CHATBOT_HMAC_SECRET: HMAC_SECRET }
  const child = spawn(process.execPath, [PROCESS, path, JSON.stringify(env)], {
    env: { ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  t.after(() => child.kill('SIGKILL') && ended)
  let written = ''
  const listening = Promise.withResolvers<string>()
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      written += chunk
      const [, url] = /listening at (http:\/\/127\.0\.0\.1:\d+)/.exec(written) ?? []
      if (url !== undefined) listening.resolve(url)
    })
  const url = await Promise.race([
    listening.promise,
    ended.then(() => Promise.reject(new Error(`the relay ended: ${written}`))),
  ])
  return {
    url,
    settings: { baseUrl: BASE_URL },
    child,
    ended,
    written: () => written,
    link: (request = {}) => issueLink(url, chatbot, request),
  }
}

/** A secret as it stands, encoded, and by the parts of a JWT that say something. */
const spellings = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').slice(0, -4),
  Buffer.from(secret).toString('base64url').slice(0, -4),
  ...secret.split('.').filter((part) => secret.startsWith('eyJ') && part.length > 60),
]

test('no log line holds a token, a code, a state, a link, a cookie or a secret, whatever becomes of the logins', async (t) => {
  const chatbot = await testChatbot(t)
  const proxy = await providerProxy(idp.issuer)
  t.after(proxy.close)
  const relay = await startRelay(t, chatbot, proxy.url)
  const secrets: string[] = [JWT_SECRET, HMAC_SECRET, idp.clients['kakao-bot'].secret]

  const goThrough = async (spoil: (answer: URL) => void = () => {}, accept = 'application/json') => {
    const browser = testBrowser(relay)
    const link = await relay.link({ chatbot_user_id: 'user-of-the-messenger', display_name: 'name-of-the-person' })
    const { token } = formOf(await (await browser.get(link)).text())
    const login = await browser.begin(link)
    const answer = await browser.signInAt(login)
    for (const name of ['state', 'code']) secrets.push(answer.searchParams.get(name) ?? '')
    for (const name of ['nonce', 'code_challenge']) secrets.push(login.searchParams.get(name) ?? '')
    secrets.push(link.split('/login/')[1] ?? '', token, ...browser.cookies.values())
    spoil(answer)
    const { status } = await browser.get(answer, { accept })
    await browser.get(answer)
    return status
  }

  assert.equal(await goThrough(), 200)
  chatbot.next(400)
  assert.equal(await goThrough(undefined, 'text/html'), 502)
  assert.equal(await goThrough((answer) => answer.searchParams.set('code', 'wrong')), 502)
  assert.equal(await goThrough((answer) => answer.searchParams.set('error', 'access_denied')), 403)
  for (const fault of ['cut', { status: 500, body: '{}' }, { status: 200, body: '<h1>', type: 'text/html' }] as const) {
    proxy.next('authorization_code', fault)
    assert.equal(await goThrough(undefined, 'text/html'), 502)
  }
  proxy.next('revoke', { status: 500, body: '{}' })
  proxy.next('revoke', { status: 500, body: '{}' })
  chatbot.next(401)
  assert.equal(await goThrough(), 502)
  const link = await relay.link()
  for (const path of [`${link}x`, `${link}/more`, link.replace('login', 'logon'), `${link}%00`, `${link}%zz`]) {
    secrets.push(link.split('/login/')[1] ?? '')
    await testBrowser(relay).get(path)
  }
  for (const request of chatbot.requests) {
    const { relay_access_token, offline_refresh_token } = JSON.parse(request.body)
    secrets.push(relay_access_token, offline_refresh_token, headerOf(request, X_RELAY_SIGNATURE) ?? '')
  }
  for (const { form } of proxy.requests)
    for (const name of ['code_verifier', 'token', 'client_secret']) secrets.push(form.get(name) ?? 'not-sent-here')
  relay.child.kill('SIGTERM')
  await relay.ended

  const lines = relay.written()
  assert.match(lines, /"msg":"request"/)
  assert.match(lines, /offline token not revoked/)
  for (const secret of new Set(secrets)) {
    assert.ok(secret.length > 7, secret)
    for (const spelling of spellings(secret)) assert.ok(!lines.includes(spelling), `${spelling} is in the log`)
  }
  for (const personal of ['user-of-the-messenger', 'name-of-the-person']) assert.ok(!lines.includes(personal))
})

test('a call-back in flight finishes when the relay is told to end', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await startRelay(t, chatbot)
  const browser = testBrowser(relay)
  const answer = await browser.signIn(await relay.link())
  const arrived = Promise.withResolvers<ServerResponse>()
  chatbot.next(arrived.resolve)
  const login = browser.get(answer)
  const response = await arrived.promise
  relay.child.kill('SIGTERM')
  await refusesConnections(relay.url)
  response.end()

  assert.equal((await login).status, 200)
  assert.deepEqual(await relay.ended, [0, null])
})

/** Resolves when nothing is accepted any more. */
async function refusesConnections(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(`${url}/health`, { headers: { connection: 'close' } })
    } catch {
      return
    }
  }
}
