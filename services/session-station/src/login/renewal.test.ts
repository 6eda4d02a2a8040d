import assert from 'node:assert/strict'
import { after, beforeEach, suite, type TestContext, test } from 'node:test'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import { headerOf } from '@munjigi/testing/upstream'
import { testTarget } from '../egress/egress.fixture.ts'
import { bearerRule } from '../injection/bearer-rule.fixture.ts'
import type { Profile, RefreshRequest } from '../profiles/profile.ts'
import { loginRequest, openProfile, outsideService, refreshRequest, rule } from './login.fixture.ts'
import { logIn } from './login.ts'
import { renew } from './renewal.ts'

const { username, password, clientId: client_id, clientSecret: client_secret } = CREDENTIALS
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const now = () => 1_700_000_000_000
const RULES = ['access_token', 'refresh_token', 'expires_in'].map((name) =>
  rule({ name, source: 'body', key_path: name }),
)

const outside = await outsideService()
after(outside.close)

suite('at the outside service of the house', () => {
  const { target, egress } = outside
  beforeEach(() => target.forget())

  const oauth = () => {
    const request = { url: `${target.url}/oauth/token`, headers: FORM }
    return openProfile(
      [loginRequest({ ...request, payload: { grant_type: 'password', username, password, client_id, client_secret } })],
      {
        extraction_rules: RULES,
        injection_rules: [bearerRule('access_token')],
        refresh: refreshRequest({ ...request, payload: { grant_type: 'refresh_token', client_id, client_secret } }),
      },
    )
  }

  test('the token of the login is sent, and the one that comes replaces it', async () => {
    const profile = oauth()
    const { result: login } = await logIn(profile, { egress, now })
    assert.ok(login)
    const first = await renew(profile, login, { egress, now })
    assert.ok(first.result)
    const second = await renew(profile, first.result, { egress, now })

    assert.notEqual(first.result.fields.refresh_token, login.fields.refresh_token)
    assert.equal(second.failure, undefined)
    assert.equal(second.result?.endsAt, now() + 3_600_000)
    const authorization = `Bearer ${second.result?.fields.access_token}`
    assert.equal((await fetch(`${target.url}/oauth/data`, { headers: { authorization } })).status, 200)
  })

  test('a refresh token that is not taken any more is a matter of credentials', async () => {
    const profile = oauth()
    const { result: login } = await logIn(profile, { egress, now })
    assert.ok(login)
    target.forget()
    const { failure, result, salvaged, status } = await renew(profile, login, { egress, now })

    assert.deepEqual([failure?.kind, result, salvaged, status], ['credentials', undefined, {}, 400])
  })
})

const OLD = { access_token: 'old-access', refresh_token: 'old-refresh', csrf: 'old-csrf' }

/** One renewal at a target that answers with `body`. */
async function renewed(
  t: TestContext,
  {
    status = 200,
    body = { access_token: 'new' } as unknown,
    refresh = {} as Partial<RefreshRequest>,
    given = {} as Partial<Profile>,
  },
) {
  const target = await testTarget(t, (_request, response) => response.writeHead(status).end(JSON.stringify(body)))
  const request = refreshRequest({ url: `${target.url}/refresh`, ...refresh })
  const profile = openProfile([loginRequest({ url: target.url })], {
    extraction_rules: RULES,
    injection_rules: [bearerRule('access_token')],
    refresh: request,
    ...given,
  })
  const outcome = await renew(profile, { fields: OLD, jar: undefined }, { egress: target.egress, now })
  return { ...outcome, request: target.requests[0] }
}

test('the token goes into the payload under its name, unless a template sends it', async (t) => {
  const plain = await renewed(t, { refresh: { payload: { grant_type: 'refresh_token' } } })
  const inHeader = await renewed(t, { refresh: { headers: { 'X-Refresh': { $template: '{refresh_token}' } } } })
  const deep = await renewed(t, { refresh: { payload: { a: [{ b: { $template: 'R {refresh_token}' } }] } } })
  const get = await renewed(t, { refresh: { method: 'GET' } })
  const renamed = await renewed(t, { refresh: { refresh_token_field: 'csrf' } })

  assert.equal(plain.request?.body, '{"grant_type":"refresh_token","refresh_token":"old-refresh"}')
  assert.equal(headerOf(inHeader.request, 'x-refresh'), 'old-refresh')
  assert.equal(inHeader.request?.body, '{}')
  assert.equal(deep.request?.body, '{"a":[{"b":"R old-refresh"}]}')
  assert.equal(get.request?.url, '/refresh?refresh_token=old-refresh')
  assert.equal(renamed.request?.body, '{"csrf":"old-csrf"}')
})

test('what the answer leaves out stays, and an end that was stated before counts no more', async (t) => {
  const { result } = await renewed(t, { body: { access_token: 'new' } })

  assert.deepEqual(result?.fields, { access_token: 'new', refresh_token: 'old-refresh', csrf: 'old-csrf' })
  assert.equal(result?.endsAt, undefined)
})

test('an old access token is not taken for a new one, but a new refresh token is kept', async (t) => {
  const { failure, result, salvaged } = await renewed(t, { body: { refresh_token: 'rotated', expires_in: 5 } })

  assert.deepEqual([failure?.kind, result], ['bad-answer', undefined])
  assert.equal(salvaged.refresh_token, 'rotated')
})

test('a new refresh token is kept whatever follows', async (t) => {
  const body = { access_token: 'a\r\nb', refresh_token: 'rotated' }
  const malformed = await renewed(t, { body })
  const unstated = await renewed(t, { body, refresh: { success: { body: { path: 'ok' } } } })
  const otherStatus = await renewed(t, { body, refresh: { success: { status: [201] } } })
  const refused = await renewed(t, { body, status: 401 })

  for (const { failure, salvaged, result } of [malformed, unstated, otherStatus]) {
    assert.ok(failure)
    assert.deepEqual([salvaged.refresh_token, result], ['rotated', undefined])
  }
  assert.deepEqual([refused.failure?.kind, refused.salvaged], ['credentials', {}])
})

test('a renewal without its token, or where none is to be made, sends nothing', async (t) => {
  const absent = await renewed(t, { refresh: { refresh_token_field: 'absent' } })
  const off = await renewed(t, { given: { refresh: undefined } })

  assert.deepEqual([absent.failure?.kind, absent.request, absent.wasSent], ['bad-answer', undefined, false])
  assert.deepEqual([off.failure?.kind, off.request, off.wasSent], ['refused', undefined, false])
})

test('cookies of the login are sent, and new ones kept', async (t) => {
  const target = await testTarget(t, (request, response) => {
    const path = request.url === '/login' ? 'a=1; Path=/' : 'b=2; Path=/'
    response.writeHead(200, { 'set-cookie': path }).end('{"access_token":"new","refresh_token":"r"}')
  })
  const profile = openProfile([loginRequest({ url: `${target.url}/login` })], {
    extraction_rules: [...RULES, rule({ name: 'b', source: 'cookie' })],
    refresh: refreshRequest({ url: `${target.url}/refresh` }),
  })
  const { result } = await logIn(profile, { egress: target.egress, now })
  assert.ok(result)
  const { result: next } = await renew(profile, result, { egress: target.egress, now })

  assert.equal(headerOf(target.requests[1], 'cookie'), 'a=1')
  assert.deepEqual([result.fields.b, next?.fields.b], [undefined, '2'])
  assert.match(next?.jar ?? '', /"key":"a".*"key":"b"/)
})
