import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { headerOf, testUpstream } from '@munjigi/testing/upstream'
import { getGlobalDispatcher } from 'undici'
import { signed } from '../relay.fixture.ts'
import { askForLoginLink } from './login-link.ts'

const CALLBACK_URL = 'https://bot.example/users/callback'
const ISSUED = { login_link: 'https://relay.example/login/lit', expires_in: 600 }

async function relayThat(t: TestContext, answer: RequestListener) {
  const relay = await testUpstream(answer)
  t.after(relay.close)
  return relay
}

const json =
  (status: number, body: unknown): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const access = (url: string, issueSecret?: string) => ({
  relay: { url, clientKey: 'kakao-bot', ...(issueSecret !== undefined && { issueSecret }) },
  callbackUrl: CALLBACK_URL,
  gatewayUrl: 'https://gateway.example',
  dispatcher: getGlobalDispatcher(),
  now: Date.now,
})

test('the relay is told who asks, for whom, and where the login is to be brought', async (t) => {
  const relay = await relayThat(t, json(200, ISSUED))
  const asked = { chatbotUserId: '학생', messengerUserId: '42', redirectAfter: '/done', displayName: '길동' }
  const link = await askForLoginLink(asked, access(`${relay.url}/`))
  await askForLoginLink({ chatbotUserId: 'kim' }, access(`${relay.url}/api/auth-relay`))
  const [first, second] = relay.requests

  assert.deepEqual(link, ISSUED)
  assert.deepEqual([first?.method, first?.url], ['POST', '/issue_login_link'])
  assert.deepEqual(JSON.parse(first?.body ?? ''), {
    chatbot_user_id: '학생',
    messenger_user_id: '42',
    callback_url: CALLBACK_URL,
    client_key: 'kakao-bot',
    redirect_after: '/done',
    display_name: '길동',
  })
  assert.equal(second?.url, '/api/auth-relay/issue_login_link')
  assert.equal(headerOf(first, X_RELAY_SIGNATURE), undefined)
})

test('with an issue secret the very bytes that are sent are signed, with a time and a nonce of their own', async (t) => {
  const relay = await relayThat(t, json(200, ISSUED))
  const asking = access(relay.url, 'issue secret')
  await askForLoginLink({ chatbotUserId: '학생 😀', displayName: '"길동"' }, asking)
  await askForLoginLink({ chatbotUserId: '학생 😀' }, asking)
  const [body, again] = relay.requests.map((request) => JSON.parse(request.body))
  const [first] = relay.requests
  const expected = signed(body, { secret: 'issue secret' })

  assert.equal(first?.body, expected.body)
  assert.equal(headerOf(first, X_RELAY_SIGNATURE), expected.headers['x-relay-signature'])
  assert.ok(Math.abs(body.ts - Date.now() / 1000) < 60)
  assert.ok(body.nonce.length >= 16 && body.nonce !== again.nonce)
})

test('a name that is too long, or cut in the middle of a character, keeps nobody from logging in', async (t) => {
  const relay = await relayThat(t, json(200, ISSUED))
  const ask = (displayName: string) => askForLoginLink({ chatbotUserId: 'kim', displayName }, access(relay.url))
  await ask(`${'가'.repeat(99)}😀`)
  await ask('\ud83d')
  const names = relay.requests.map(({ body }) => JSON.parse(body).display_name)

  assert.deepEqual(names, [`${'가'.repeat(99)}\ufffd`, '\ufffd'])
})

test("a refusal of the relay is told with the relay's code", async (t) => {
  const refusals: [RequestListener, string][] = [
    [json(400, { detail: 'callback_url_not_allowed' }), 'callback_url_not_allowed'],
    [json(401, { type: '/problems/nonce-used', detail: 'nonce_used' }), 'nonce_used'],
    [json(422, { detail: [{ type: 'missing', loc: ['body'], msg: 'Field required' }] }), 'status 422'],
    [json(404, { detail: 'There is <script>nothing</script> here' }), 'status 404'],
    [json(404, null), 'status 404'],
    [(_request, response) => response.writeHead(403).end('<html>'), 'status 403'],
  ]

  for (const [answer, detail] of refusals) {
    const relay = await relayThat(t, answer)
    const asking = askForLoginLink({ chatbotUserId: 'kim' }, access(relay.url))
    await assert.rejects(asking, { status: 502, type: 'relay-refused', detail })
  }
})

test('a relay that fails, answers something else, redirects or is not there is unavailable', async (t) => {
  const answers: RequestListener[] = [
    json(503, { detail: 'store_unavailable' }),
    json(200, {}),
    json(200, { ...ISSUED, login_link: 'javascript:alert(1)' }),
    json(200, { ...ISSUED, expires_in: '600' }),
    (_request, response) => response.writeHead(200).end('<html>'),
    (request, response) => response.writeHead(307, { location: request.url ?? '' }).end(),
    (request) => request.socket.destroy(),
  ]
  const unavailable = { status: 503, type: 'relay-unavailable' }

  for (const answer of answers) {
    const relay = await relayThat(t, answer)
    await assert.rejects(askForLoginLink({ chatbotUserId: 'kim' }, access(relay.url)), unavailable)
  }
  await assert.rejects(askForLoginLink({ chatbotUserId: 'kim' }, access('http://127.0.0.1:1')), unavailable)
})

test('a relay that never answers is given up', async (t) => {
  const relay = await relayThat(t, () => {})
  const asking = askForLoginLink({ chatbotUserId: 'kim' }, access(relay.url))
  await Promise.all([
    assert.rejects(asking, { type: 'relay-unavailable' }),
    once(relay.server, 'request').then(([request]) => once(request, 'close')),
  ])

  assert.equal(relay.requests.length, 1)
})
