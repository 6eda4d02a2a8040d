import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { decodeJwt } from 'jose'
import { refusalOf, testBrowser } from './browser.fixture.ts'
import { askByPython, pythonReceiver, withoutPython } from './python.fixture.ts'
import { HMAC_SECRET, testRelay } from './relay.fixture.ts'

const ISSUE_SECRET = 'i5S4s3U2e1S0e9C8r7E6t5O4f3P2y1T0'
const KAKAO_ADMIN_KEY = 'k0A1k2A3o4A5d6M7i8N9k0E1y2K3e4Y5'
const python = { skip: withoutPython }

let idp: Provider
before(async () => {
  idp = await testProvider()
})
after(() => idp.close())

const trusted = () => ({ secret: HMAC_SECRET, issuer: idp.issuer, clientId: idp.clients['kakao-bot'].id })

test('a login reaches a Python chatbot, whatever the characters of the name', python, async (t) => {
  const chatbot = await pythonReceiver(t, trusted())
  const relay = await testRelay(t, { idp, chatbot })
  const { sub } = decodeJwt((await idp.tokensOf('user.lee')).access_token)

  for (const name of ['user-123', '카카오-김', '🙂-\u{10ffff}-\ue000', '"\\/<\u007f\u2028\u00a0\t']) {
    const answer = await testBrowser(relay).login(await relay.link({ chatbot_user_id: name }))

    assert.equal(answer.status, 200)
    const { ts, nonce, ...login } = await chatbot.taken()
    assert.equal(typeof nonce, 'string')
    assert.ok(Math.abs(Number(ts) - Date.now() / 1000) < 300)
    assert.deepEqual(login, {
      issuer: idp.issuer,
      aud: 'kakao-bot',
      chatbot_user_id: name,
      client_key: 'kakao-bot',
      expires_in: 300,
      refresh_expires_in: 0,
      sub,
    })
  }
})

test('a login that a Python chatbot does not hold for its own is refused, and the person told', python, async (t) => {
  for (const foreign of [
    { secret: `${HMAC_SECRET}x` },
    { issuer: `${idp.issuer}x` },
    { clientId: 'another' },
    { clientKey: 'another' },
  ]) {
    const chatbot = await pythonReceiver(t, { ...trusted(), ...foreign })
    const relay = await testRelay(t, { idp, chatbot })
    const answer = await testBrowser(relay).login(await relay.link({ chatbot_user_id: '카카오-🙂' }))

    assert.deepEqual(await refusalOf(answer), [502, 'callback-invalid-status'])
  }
})

test('a client with a secret of its own is signed for by that one', python, async (t) => {
  const chatbot = await pythonReceiver(t, { ...trusted(), secret: ISSUE_SECRET })
  const relay = await testRelay(t, { idp, chatbot, client: { hmac_secret: ISSUE_SECRET } })
  const answer = await testBrowser(relay).login(await relay.link())

  assert.equal(answer.status, 200)
  assert.equal((await chatbot.taken()).chatbot_user_id, 'user-123')
})

test('the Python receiver refuses what was altered, is late, comes again or has another form', python, async (t) => {
  const chatbot = await pythonReceiver(t, trusted())
  const now = Math.floor(Date.now() / 1000)
  const login = (changes: object = {}) => ({
    issuer: idp.issuer,
    aud: 'kakao-bot',
    chatbot_user_id: '카카오-🙂',
    client_key: 'kakao-bot',
    relay_access_token: `e30.${Buffer.from('{"sub":"x"}').toString('base64url')}.x`,
    offline_refresh_token: 'x',
    expires_in: 300,
    refresh_expires_in: 0,
    ts: now,
    nonce: randomUUID(),
    ...changes,
  })
  const send = async (payload: unknown, { signed = payload, url = chatbot.callbackUrl } = {}) => {
    const headers = { [X_RELAY_SIGNATURE]: signatureOf(HMAC_SECRET, canonicalJson(signed)) }
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(payload) })
    return [answer.status, ((await answer.json()) as { detail: string }).detail]
  }
  const once = login()
  const { aud, ...nine } = login()

  assert.deepEqual(await send(once), [200, 'taken'])
  assert.deepEqual(await send(once), [401, 'nonce-used'])
  assert.deepEqual(await send(login(), { signed: login() }), [401, 'relay-signature-invalid'])
  assert.deepEqual(await send(login({ ts: now - 310 })), [401, 'callback-late'])
  assert.deepEqual(await send(login({ ts: now + 600 })), [401, 'callback-late'])
  assert.deepEqual(await send(login({ ts: String(now) })), [400, 'callback-malformed'])
  assert.deepEqual(await send(login({ expires_in: true })), [400, 'callback-malformed'])
  assert.deepEqual(await send(login({ eleventh: 1 })), [400, 'callback-malformed'])
  assert.deepEqual(await send(nine), [400, 'callback-malformed'])
  assert.deepEqual(await send([aud]), [400, 'callback-malformed'])
  assert.deepEqual(await send(login(), { url: chatbot.unlinkUrl }), [400, 'callback-malformed'])
  assert.deepEqual(await send(login({ issuer: 'x' })), [401, 'issuer-mismatch'])
})

test(
  'a link that a Python chatbot asks for with a signature leads to a login, and is given once',
  python,
  async (t) => {
    const chatbot = await pythonReceiver(t, trusted())
    const relay = await testRelay(t, { idp, chatbot, client: { issue_secret: ISSUE_SECRET } })
    const asked = {
      chatbot_user_id: '카카오-🙂',
      callback_url: chatbot.callbackUrl,
      client_key: 'kakao-bot',
      redirect_after: '/done',
      display_name: '김철수 🙂',
      nonce: randomUUID(),
    }
    const { status, body } = await askByPython(relay.url, asked, ISSUE_SECRET)
    const answer = await testBrowser(relay).login(body.login_link ?? '')
    const again = await askByPython(relay.url, asked, ISSUE_SECRET)

    assert.equal(status, 200)
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, '/done'])
    assert.equal((await chatbot.taken()).chatbot_user_id, '카카오-🙂')
    assert.deepEqual([again.status, again.body.detail], [401, 'nonce_used'])
  },
)

test(
  'a request of Python for a link is refused unsigned, signed by another secret, or signed long ago',
  python,
  async (t) => {
    const chatbot = { callbackUrl: 'http://localhost/users/callback' }
    const relay = await testRelay(t, { idp, chatbot, client: { issue_secret: ISSUE_SECRET } })
    const asked = { chatbot_user_id: '김', callback_url: chatbot.callbackUrl, client_key: 'kakao-bot' }
    const old = { ...asked, ts: Math.floor(Date.now() / 1000) - 310 }
    const refusal = async (request: object, secret?: string) => {
      const { status, body } = await askByPython(relay.url, request, secret)
      return [status, body.detail]
    }

    assert.deepEqual(await refusal(asked), [401, 'invalid_signature'])
    assert.deepEqual(await refusal(asked, HMAC_SECRET), [401, 'invalid_signature'])
    assert.deepEqual(await refusal(old, ISSUE_SECRET), [401, 'invalid_timestamp'])
    assert.equal((await askByPython(relay.url, asked, ISSUE_SECRET)).status, 200)
  },
)

test('a Python chatbot is told that a person left, signed as its logins are', python, async (t) => {
  const chatbot = await pythonReceiver(t, trusted())
  const client = { unlink_url: chatbot.unlinkUrl }
  const relay = await testRelay(t, { idp, chatbot, client, env: { KAKAO_ADMIN_KEY } })
  const answer = await fetch(
    `${relay.url}/webhooks/kakao/unlink?app_id=1&user_id=12345&referrer_type=UNLINK_FROM_APPS`,
    {
      headers: { authorization: `KakaoAK ${KAKAO_ADMIN_KEY}` },
    },
  )

  assert.equal(answer.status, 200)
  const { event, client_key, chatbot_user_id } = await chatbot.taken()
  assert.deepEqual(
    { event, client_key, chatbot_user_id },
    { event: 'unlink', client_key: 'kakao-bot', chatbot_user_id: '12345' },
  )
})
