import assert from 'node:assert/strict'
import { after, beforeEach, suite, type TestContext, test } from 'node:test'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import { headerOf } from '@munjigi/testing/upstream'
import { testTarget } from '../egress/egress.fixture.ts'
import type { Egress } from '../egress/egress.ts'
import { bearerRule } from '../injection/bearer-rule.fixture.ts'
import { loginRequest, openProfile, outsideService, rule } from './login.fixture.ts'
import { logIn } from './login.ts'
import type { LoginOutcome } from './login-outcome.ts'

const { username, password, totpSecret } = CREDENTIALS
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const now = Date.now

const got = (outcome: LoginOutcome) => {
  assert.deepEqual(outcome.failure, undefined)
  assert.ok(outcome.result)
  return outcome.result
}

const outside = await outsideService()
after(outside.close)

suite('at the outside service of the house', () => {
  const { target, egress } = outside
  beforeEach(() => target.forget())

  const read = (kind: string, headers: Record<string, string>) => fetch(`${target.url}/${kind}/data`, { headers })

  test('name and password as JSON give the tokens of the answer and when they end', async () => {
    const login = loginRequest({ url: `${target.url}/bearer/login`, payload: { username, password } })
    const profile = openProfile([login], {
      extraction_rules: [
        rule({ name: 'access_token', source: 'body', key_path: 'data.access_token' }),
        rule({ name: 'expires_in', source: 'body', key_path: 'expires_in' }),
      ],
      injection_rules: [bearerRule('access_token')],
    })
    const outcome = await logIn(profile, { egress, now: () => 1_700_000_000_000 })
    const { fields, endsAt, jar } = got(outcome)

    assert.equal((await read('bearer', { authorization: `Bearer ${fields.access_token}` })).status, 200)
    assert.deepEqual([fields.expires_in, endsAt, jar], ['3600', 1_700_003_600_000, undefined])
    assert.deepEqual([outcome.status, outcome.durationMs, outcome.salvaged], [200, 0, {}])
  })

  test('a form is sent with the value of its page and the cookie that came with it', async () => {
    const url = `${target.url}/form/login`
    const page = loginRequest({ url, method: 'GET' })
    const form = loginRequest({
      url,
      headers: FORM,
      payload: { username, password, _csrf: { $template: '{csrf}' } },
      follow_redirects: false,
      success: { status: [302] },
    })
    const extraction_rules = [
      rule({ name: 'csrf', source: 'html', key_path: 'input[name=_csrf]', step: 0 }),
      rule({ name: 'session', source: 'cookie', key_path: 'form_session' }),
    ]
    const { fields, jar } = got(await logIn(openProfile([page, form], { extraction_rules }), { egress, now }))

    assert.equal((await read('form', { cookie: `form_session=${fields.session}` })).status, 200)
    assert.match(jar ?? '', /form_session/)
    const wrong = { ...form, payload: { ...form.payload, password: 'wrong' } }
    const { failure } = await logIn(openProfile([page, wrong], { extraction_rules }), { egress, now })
    assert.equal(failure?.kind, 'credentials')
    assert.match(failure.message, /^step 2 of 2: HTTP 200: not the stated success/)
  })

  test('the session cookie that a redirect sets is there after the redirect was followed', async () => {
    const url = `${target.url}/form/login`
    const payload = { username, password, _csrf: { $template: '{csrf}' } }
    const profile = openProfile([loginRequest({ url, method: 'GET' }), loginRequest({ url, headers: FORM, payload })], {
      extraction_rules: [
        rule({ name: 'csrf', source: 'html', key_path: 'input[name=_csrf]', step: 0 }),
        rule({ name: 'session', source: 'cookie', key_path: 'form_session' }),
      ],
    })
    const outcome = await logIn(profile, { egress, now })

    assert.equal(outcome.answer?.url.pathname, '/form/home')
    assert.equal((await read('form', { cookie: `form_session=${got(outcome).fields.session}` })).status, 200)
  })

  test('a one-time code is sent once: the next login waits for the next step', async () => {
    const payload = { username, password, otp: { $template: '{otp}' } }
    const profile = openProfile([loginRequest({ url: `${target.url}/totp/login`, payload })], {
      extraction_rules: [
        rule({ name: 'otp', source: 'totp', value: totpSecret }),
        rule({ name: 'token', source: 'body', key_path: 'token' }),
      ],
      injection_rules: [bearerRule('token')],
    })
    const first = await logIn(profile, { egress, now })
    const stepEnd = first.totp_used.otp ?? 0
    // 50 ms before the code's step ends; the target takes codes of one step to either side.
    const shift = stepEnd - 50 - now()
    const second = await logIn({ ...profile, totp_used: first.totp_used }, { egress, now: () => now() + shift })

    assert.equal((await read('totp', { authorization: `Bearer ${got(first).fields.token}` })).status, 200)
    assert.equal((await read('totp', { authorization: `Bearer ${got(second).fields.token}` })).status, 200)
    assert.notEqual(got(second).fields.otp, got(first).fields.otp)
    assert.equal(second.totp_used.otp, stepEnd + 30_000)
  })
})

const jsonTarget = (t: TestContext, answers: Record<string, unknown>) =>
  testTarget(t, (request, response) => {
    const body = answers[new URL(request.url ?? '', 'http://x').pathname]
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? {}))
  })

test('a later step carries what earlier ones gave, in path, query, header and body', async (t) => {
  const target = await jsonTarget(t, {
    '/begin': { id: 'a b', nonce: '{id}$&' },
    '/flows/a%20b/end': { token: 't' },
  })
  const later = loginRequest({
    url: `${target.url}/flows/{id}/end`,
    query: { n: { $template: '{nonce}' } },
    headers: { 'X-Nonce': { $template: 'n={nonce}' } },
    payload: { nonce: [{ $template: '{nonce}' }], tenant: { $template: '{tenant}' } },
  })
  const profile = openProfile([loginRequest({ url: `${target.url}/begin`, payload: { user: 'kim' } }), later], {
    extraction_rules: [
      rule({ name: 'tenant', source: 'fixed', value: 'acme' }),
      rule({ name: 'id', source: 'body', key_path: 'id', step: 0 }),
      rule({ name: 'nonce', source: 'body', key_path: 'nonce', step: 0 }),
      rule({ name: 'token', source: 'body', key_path: 'token' }),
    ],
  })
  const { fields } = got(await logIn(profile, { egress: target.egress, now }))

  assert.deepEqual(fields, { tenant: 'acme', id: 'a b', nonce: '{id}$&', token: 't' })
  const sent = target.requests[1]
  assert.equal(sent?.url, '/flows/a%20b/end?n=%7Bid%7D%24%26')
  assert.equal(headerOf(sent, 'x-nonce'), 'n={id}$&')
  assert.equal(sent?.body, '{"nonce":["{id}$&"],"tenant":"acme"}')
})

test('method NONE asks nobody: what is given is what there is', async () => {
  const asked: never[] = []
  const profile = openProfile([], {
    extraction_rules: [
      rule({ name: 'key', source: 'fixed', value: 'k' }),
      rule({ name: 'basic', source: 'basic', value: 'a:b' }),
    ],
    injection_rules: [bearerRule('key')],
  })
  const outcome = await logIn(profile, { egress: { request: () => Promise.reject(asked) } as unknown as Egress, now })

  assert.deepEqual(got(outcome).fields, { key: 'k', basic: 'YTpi' })
  assert.deepEqual([outcome.status, got(outcome).jar, got(outcome).endsAt], [undefined, undefined, undefined])
})

test('a login without what its injections require is none', async (t) => {
  const target = await jsonTarget(t, { '/login': { data: { other: 1, cr: 'a\r\nb' } } })
  const url = `${target.url}/login`
  const token = rule({ name: 'token', source: 'body', key_path: 'data.token' })
  const other = rule({ name: 'other', source: 'body', key_path: 'data.other' })
  const broken = rule({ name: 'broken', source: 'body', key_path: 'data.cr' })
  const kindOf = async (given: Parameters<typeof openProfile>[1]) =>
    (await logIn(openProfile([loginRequest({ url })], given), { egress: target.egress, now })).failure?.kind

  assert.equal(await kindOf({ extraction_rules: [token, other], injection_rules: [bearerRule('token')] }), 'bad-answer')
  assert.equal(await kindOf({ extraction_rules: [token] }), 'bad-answer')
  assert.equal(await kindOf({ extraction_rules: [broken], injection_rules: [bearerRule('broken')] }), 'bad-answer')
  const optional = { ...bearerRule('token'), required: false }
  assert.equal(await kindOf({ extraction_rules: [token, other], injection_rules: [optional] }), undefined)
  assert.equal(await kindOf({ extraction_rules: [] }), undefined)
})

test('a login that brings more than anybody could keep for it is none', async (t) => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const body = Object.fromEntries(names.map((name) => [name, 'x'.repeat(30_000)]))
  const target = await jsonTarget(t, { '/login': body })
  const rules = names.map((name) => rule({ name, source: 'body', key_path: name }))
  const failureWith = async (count: number) => {
    const profile = openProfile([loginRequest({ url: `${target.url}/login` })], {
      extraction_rules: rules.slice(0, count),
    })
    return (await logIn(profile, { egress: target.egress, now })).failure
  }

  assert.equal(await failureWith(4), undefined)
  assert.deepEqual(await failureWith(5), { kind: 'bad-answer', message: 'more than 131072 characters were extracted' })
})

test("a target's own clock is believed where the rule states no drift", async (t) => {
  // In the middle of a step, so that half a second more or less stays within it.
  const still = 1_700_000_010_000 + 5_000
  const ahead = still + 90_000
  const target = await testTarget(t, (_request, response) => {
    response.setHeader('date', new Date(ahead).toUTCString()).end('{"token":"t"}')
  })
  const code = { name: 'otp', source: 'totp', value: totpSecret } as const
  const payload = { otp: { $template: '{otp}' } }
  const requests = [loginRequest({ url: `${target.url}/a` }), loginRequest({ url: `${target.url}/b`, payload })]
  const stepEndAfter = (time: number) => (Math.floor(time / 30_000) + 1) * 30_000
  const at = (drift?: number) =>
    logIn(openProfile(requests, { extraction_rules: [rule({ ...code, ...(drift !== undefined && { drift }) })] }), {
      egress: target.egress,
      now: () => still,
    })

  assert.equal((await at()).totp_used.otp, stepEndAfter(ahead))
  assert.equal((await at(60)).totp_used.otp, stepEndAfter(still + 60_000))
})

test('a code that would have to be waited for too long is told with the time to wait', async (t) => {
  const target = await jsonTarget(t, { '/login': {} })
  const still = 1_700_000_010_000
  const request = loginRequest({ url: `${target.url}/login`, payload: { otp: { $template: '{otp}' } }, timeout: 5 })
  const profile = openProfile([request], {
    extraction_rules: [rule({ name: 'otp', source: 'totp', value: totpSecret })],
    totp_used: { otp: still + 20_000 },
  })
  const { failure, totp_used } = await logIn(profile, { egress: target.egress, now: () => still })

  assert.deepEqual([failure?.kind, failure?.retryAfterMs], ['rate-limited', 20_000])
  assert.deepEqual([totp_used, target.requests.length], [{ otp: still + 20_000 }, 0])
})
