import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { type TestIssuer, testIssuer } from '@munjigi/testing/issuer'
import { testStore } from '@munjigi/testing/store'
import { outcomeOf } from '../outcome.fixture.ts'
import { CLIENT, callbackOf, HMAC_SECRET, loginTokens, seconds, signed, verifierOf } from '../relay.fixture.ts'
import { type CallbackTrust, verifyCallback } from './callback-verification.ts'

async function trustIn(t: TestContext, issuer: TestIssuer, changes: Partial<CallbackTrust> = {}) {
  const now = changes.now ?? Date.now
  const verifier = await verifierOf(t, issuer, now)
  const store = testStore()
  t.after(store.close)
  const relay = { clientKey: CLIENT, hmacSecret: HMAC_SECRET }
  return { relay, idp: { issuer: issuer.issuer, clientId: CLIENT }, verifier, store, now, ...changes }
}

async function setUp(t: TestContext, changes: Partial<CallbackTrust> = {}) {
  const issuer = await testIssuer()
  t.after(issuer.close)
  const trust = await trustIn(t, issuer, changes)
  const tokens = loginTokens(issuer)
  const brought = (payload: object, options?: Parameters<typeof signed>[1]) => {
    const { body, headers } = signed(payload, options)
    return outcomeOf(verifyCallback(Buffer.from(body), headers, trust))
  }
  return { issuer, trust, tokens, brought, callback: () => callbackOf(issuer.issuer, tokens) }
}

test('a login of the relay is accepted, with what it brings', async (t) => {
  const { issuer, trust } = await setUp(t)
  const tokens = loginTokens(issuer, { sub: 'kim' })
  const { body, headers } = signed(
    callbackOf(issuer.issuer, tokens, { chatbot_user_id: '학생 😀', refresh_expires_in: 60 }),
  )

  assert.deepEqual(await verifyCallback(body, headers, trust), {
    chatbotUserId: '학생 😀',
    sub: 'kim',
    ...tokens,
    expires_in: 300,
    refresh_expires_in: 60,
  })
})

test('both canonical forms are signatures of the relay, however the body is written', async (t) => {
  const { brought, callback, trust } = await setUp(t)
  const korean = () => ({ ...callback(), chatbot_user_id: '학생' })
  const { headers } = signed(korean())
  const payload = korean()
  const spaced = verifyCallback(JSON.stringify(payload, null, 2), signed(payload).headers, trust)

  assert.equal(await brought({ ...korean(), nonce: 'n-1' }), 'accepted')
  assert.equal(await brought(korean(), { ascii: true }), 'accepted')
  assert.equal(await outcomeOf(spaced), 'accepted')
  assert.equal(await outcomeOf(verifyCallback(signed(korean()).body, headers, trust)), '401 relay-signature-invalid')
})

test('what is judged first is told first: signature, time, nonce, shape, issuer, audience, client, tokens', async (t) => {
  const { issuer, brought, callback } = await setUp(t)
  const spent = callback().nonce
  await brought({ ...callback(), nonce: spent })
  const right = callback()
  const wrong = {
    ts: 1,
    nonce: spent,
    eleventh: 'field',
    issuer: 'https://elsewhere.example',
    aud: 'sso',
    client_key: 'other',
    relay_access_token: loginTokens(issuer, { typ: 'ID' }).access_token,
    offline_refresh_token: loginTokens(issuer).refresh_token,
  }
  const repairs = [
    ['401 callback-late', ['ts']],
    ['401 nonce-used', ['nonce']],
    ['400 callback-malformed', ['eleventh']],
    ['401 issuer-mismatch', ['issuer']],
    ['401 audience-mismatch', ['aud']],
    ['401 client-mismatch', ['client_key']],
    ['401 access-token-invalid', ['relay_access_token']],
    ['401 offline-token-invalid', ['offline_refresh_token']],
    ['accepted', []],
  ] as const
  const payload: Record<string, unknown> = { ...right, ...wrong }

  assert.equal(await brought(payload, { secret: 'another' }), '401 relay-signature-invalid')
  for (const [outcome, repaired] of repairs) {
    if (outcome !== '401 nonce-used' && outcome !== '401 callback-late') payload.nonce = randomUUID()
    assert.equal(await brought(payload), outcome)
    for (const name of repaired) {
      payload[name] = (right as Record<string, unknown>)[name]
      if (payload[name] === undefined) delete payload[name]
    }
  }
})

test('a signature that is missing, doubled, altered, padded or by another secret is refused', async (t) => {
  const { trust, callback } = await setUp(t)
  const { body, headers } = signed(callback())
  const signature = headers['x-relay-signature']
  const others = [
    undefined,
    '',
    [signature],
    [signature, signature],
    `${signature}, ${signature}`,
    `${signature}=`,
    signature.toLowerCase(),
    Buffer.from(signature, 'base64url').toString('hex'),
    signed(callback()).headers['x-relay-signature'],
    signed(JSON.parse(body), { secret: `${HMAC_SECRET} ` }).headers['x-relay-signature'],
  ]

  for (const given of others) {
    const sent = given === undefined ? {} : { 'x-relay-signature': given as string }
    assert.equal(await outcomeOf(verifyCallback(body, sent, trust)), '401 relay-signature-invalid', String(given))
  }
  assert.equal(await outcomeOf(verifyCallback(body, headers, trust)), 'accepted')
})

test('a body that was altered after it was signed is refused', async (t) => {
  const { trust, callback } = await setUp(t)
  const payload = callback()
  const { headers } = signed(payload)

  for (const name of Object.keys(payload) as (keyof typeof payload)[]) {
    const value = payload[name]
    const altered = { ...payload, [name]: typeof value === 'number' ? value + 1 : `${value}x` }
    const outcome = await outcomeOf(verifyCallback(JSON.stringify(altered), headers, trust))
    assert.equal(outcome, '401 relay-signature-invalid', name)
  }
})

test('what has no canonical form was signed by nobody, however deep, long or large it is', async (t) => {
  const { trust, callback } = await setUp(t)
  const { headers } = signed(callback())
  const text = JSON.stringify(callback())
  const bodies = [
    '['.repeat(30_000) + ']'.repeat(30_000),
    text.replace(/"ts":\d+/, '"ts":1e999'),
    text.replace(/"ts":\d+/, '"ts":1.5'),
    text.replace(/"ts":\d+/, '"ts":9007199254740993'),
    text.replace('chat-', '\\ud800'),
    'null',
    '"text"',
  ]

  for (const body of bodies)
    assert.equal(
      await outcomeOf(verifyCallback(body, headers, trust)),
      '401 relay-signature-invalid',
      body.slice(0, 99),
    )
})

test('a nonce is taken once, is spent by a call-back that is refused later, and not by a wrong signature', async (t) => {
  const { brought, callback } = await setUp(t)
  const taken = callback()
  const refusedLater = callback()

  assert.equal(await brought(taken, { secret: 'wrong' }), '401 relay-signature-invalid')
  const parallel = await Promise.all(Array.from({ length: 20 }, () => brought(taken)))
  assert.deepEqual(parallel.sort(), ['accepted', ...Array(19).fill('401 nonce-used')].sort())
  assert.equal(await brought({ ...refusedLater, aud: 'sso' }), '401 audience-mismatch')
  assert.equal(await brought(refusedLater), '401 nonce-used')
})

/** A clock here that stands still from the moment its call-backs begin, and says what time it is. */
async function setUpStill(t: TestContext) {
  let ms = Date.now()
  const parts = await setUp(t, { now: () => ms })
  ms = Date.now()
  return { ...parts, now: Math.floor(ms / 1000) }
}

test('300 seconds either way are allowed, and the refusal names the difference and both clocks', async (t) => {
  const { brought, callback, trust, now } = await setUpStill(t)
  const at = (ts: number) => brought({ ...callback(), ts })
  const tenMinutesOff = signed({ ...callback(), ts: now - 612 })

  assert.equal(await at(now - 300), 'accepted')
  assert.equal(await at(now + 300), 'accepted')
  assert.equal(await at(now - 301), '401 callback-late')
  assert.equal(await at(now + 301), '401 callback-late')
  await assert.rejects(verifyCallback(tenMinutesOff.body, tenMinutesOff.headers, trust), {
    detail: /612 s behind the clock here, .* look at the clocks of relay and chatbot, both/,
  })
})

test('a clock that is ten minutes off is told of, not taken for a forgery', async (t) => {
  const { callback, trust, now } = await setUpStill(t)
  const { body, headers } = signed({ ...callback(), ts: now + 600 })

  await assert.rejects(verifyCallback(body, headers, trust), { type: 'callback-late', detail: /600 s before/ })
})

test('a message that is not the ten fields in JSON of 64 KB is malformed', async (t) => {
  const { brought, callback, trust } = await setUp(t)
  const { nonce: _nonce, ...withoutNonce } = callback()
  const { relay_access_token: _token, ...withoutToken } = callback()
  const bodies = [
    '',
    '{',
    'null x',
    '\ufeff{}',
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    Buffer.alloc(64 * 1024 + 1, ' '),
    `${' '.repeat(64 * 1024 - 1)}한`,
  ]
  const payloads = [
    withoutNonce,
    withoutToken,
    { ...callback(), eleventh: 1 },
    { ...callback(), ts: String(seconds()) },
    { ...callback(), nonce: '' },
    { ...callback(), nonce: 'n'.repeat(129) },
    { ...callback(), nonce: 17 },
    { ...callback(), expires_in: -1 },
    { ...callback(), expires_in: null },
    { ...callback(), relay_access_token: '' },
    { ...callback(), chatbot_user_id: '' },
    { ...callback(), chatbot_user_id: 'a'.repeat(256) },
    { ...callback(), chatbot_user_id: 'kim\0' },
    { ...callback(), chatbot_user_id: ['kim'] },
    JSON.parse(JSON.stringify(callback()).replace('{', '{"__proto__":{"aud":"x"},')),
    [],
    {},
  ]

  for (const body of bodies)
    assert.equal(
      await outcomeOf(verifyCallback(body, { 'x-relay-signature': 'x' }, trust)),
      '400 callback-malformed',
      String(body.slice(0, 20)),
    )
  for (const payload of payloads)
    assert.equal(await brought(payload), '400 callback-malformed', JSON.stringify(payload).slice(0, 200))
})

test('an access token must be the issuer’s, for this client, of now, of a person, and an access token', async (t) => {
  const { issuer, brought, callback } = await setUp(t)
  const forger = await testIssuer({ issuer: issuer.issuer, kid: issuer.kid })
  t.after(forger.close)
  const good = { typ: 'Bearer', azp: CLIENT, aud: 'account', sub: 'kim' }
  const tokens = {
    'by another key': forger.token(good),
    'of another client': issuer.token({ ...good, azp: 'sso' }),
    'an id token': issuer.token({ ...good, typ: 'ID' }),
    'an offline token': issuer.token({ ...good, typ: 'Offline' }),
    'of no type': issuer.token({ ...good, typ: undefined }),
    ended: issuer.token({ ...good, exp: seconds() - 60 }),
    'from the future': issuer.token({ ...good, iat: seconds() + 600 }),
    'without a subject': issuer.token({ ...good, sub: undefined }),
    'with a subject of 256 characters': issuer.token({ ...good, sub: 'a'.repeat(256) }),
    'with a subject that breaks a line': issuer.token({ ...good, sub: 'kim\nX-User-Sub: lee' }),
    'with a subject that is no text': issuer.token({ ...good, sub: ['kim'] }),
    unsigned: issuer.token(good, { alg: 'none' }),
    'no token': 'x.y.z',
  }

  for (const [what, relay_access_token] of Object.entries(tokens))
    assert.equal(await brought({ ...callback(), relay_access_token }), '401 access-token-invalid', what)
})

test('an offline token that can be read is a refresh token of the same person; an opaque one is taken as it is', async (t) => {
  const { issuer, brought } = await setUp(t)
  const own = loginTokens(issuer, { sub: 'kim' })
  const bring = (refresh_token: string) => brought(callbackOf(issuer.issuer, { ...own, refresh_token }))

  assert.equal(await bring(loginTokens(issuer, { sub: 'lee' }).refresh_token), '401 offline-token-invalid')
  assert.equal(await bring(own.access_token), '401 offline-token-invalid')
  assert.equal(await bring('opaque'), 'accepted')
})

test('without the store or the keys nothing is accepted', async (t) => {
  const { trust, callback, issuer } = await setUp(t)
  await trust.store.close()
  const keyless = await testIssuer()
  t.after(keyless.close)
  keyless.answerWith((_request, response) => response.writeHead(500).end())
  const trusting = await trustIn(t, keyless)
  const { body, headers } = signed(callback())
  const unknown = signed(callbackOf(keyless.issuer, loginTokens(keyless)))

  await assert.rejects(verifyCallback(body, headers, trust))
  assert.equal(await outcomeOf(verifyCallback(unknown.body, unknown.headers, trusting)), '503 keys-unavailable')
  assert.ok(issuer.fetches > 0)
})
