import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { TestedLogin } from '@munjigi/contracts/auth-contexts'
import type { AuthProfile } from '@munjigi/contracts/auth-profiles'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import { type DevTarget, startDevTarget } from '@munjigi/dev-target/dev-target'
import { testUpstream } from '@munjigi/testing/upstream'
import { bearerRule } from '../injection/bearer-rule.fixture.ts'
import { type TestService, testService } from '../service.fixture.ts'

const { username, password } = CREDENTIALS
let clock = Date.now()
let service: TestService
let target: DevTarget
before(async () => {
  ;[service, target] = await Promise.all([testService({ now: () => clock }), startDevTarget()])
})
after(() => Promise.all([service.close(), target.close()]))

interface Given {
  sub: string
  url?: string
  payload?: Record<string, unknown>
}

/** A profile of the bearer kind for `sub`, and that person's calls. */
async function person({ sub, url = `${target.url}/bearer/login`, payload = { username, password } }: Given) {
  const call = service.as(sub)
  const created = await call('POST', '/auth-profiles', {
    service_id: 'archive',
    name: 'Archive',
    auth_type: 'bearer',
    login_config: { url, payload },
    extraction_rules: [
      { name: 'access_token', source: 'body', key_path: 'data.access_token' },
      { name: 'refresh_token', source: 'body', key_path: 'data.refresh_token' },
      { name: 'tenant', source: 'fixed', value: 'acme-secret' },
    ],
    injection_rules: [bearerRule('access_token')],
  })
  assert.equal(created.statusCode, 201, created.body)
  return {
    call,
    runTest: () => call('POST', '/auth-profiles/archive/test'),
    profile: async () => (await call('GET', '/auth-profiles/archive')).json<AuthProfile>(),
    logs: () =>
      service.db.selectFrom('auth_refresh_logs').selectAll().where('user_id', '=', sub).orderBy('id').execute(),
  }
}

test('a test logs in, tells what came back without values, and keeps nothing', async () => {
  const { runTest, profile, logs } = await person({ sub: 'well' })
  const { logins } = { logins: target.logins().bearer }
  const answer = await runTest()
  const told = answer.json<TestedLogin>()

  assert.equal(answer.statusCode, 200)
  assert.match(told.message, /^HTTP 200 \(\d+ms\)$/)
  assert.deepEqual([told.success, told.status_code, target.logins().bearer], [true, 200, logins + 1])
  assert.deepEqual(told.response_body, {
    data: { access_token: '[masked]', refresh_token: '[masked]' },
    expires_in: '[masked]',
  })
  assert.deepEqual(told.extracted_context, { tenant: '[masked]', access_token: '[masked]', refresh_token: '[masked]' })
  assert.match(told.response_headers['content-type'] ?? '', /^application\/json/)
  assert.deepEqual(told.extraction_rules[2], { name: 'tenant', source: 'fixed', value: { $secret: 'set' } })
  for (const secret of [password, 'acme-secret']) assert.ok(!answer.body.includes(secret))
  assert.equal((await profile()).last_refresh, null)
  assert.equal(await service.store.get('auth_context:{well:archive}'), undefined)
  assert.deepEqual(await service.db.selectFrom('auth_contexts').selectAll().execute(), [])
  const [line, ...more] = await logs()
  assert.deepEqual([line?.refresh_type, line?.success, line?.response_status_code, more], ['test', true, 200, []])
  assert.deepEqual(line?.extracted_fields, ['tenant', 'access_token', 'refresh_token'])
})

test('a target that tells secrets as names is not passed on', async (t) => {
  const spelled = encodeURIComponent('비밀 번호 Planted-1')
  const tells: [type: string, body: string][] = [
    ['application/json', `{"data":{"access_token":"Planted-2"},"비밀 번호 Planted-1":{"x-Planted-2":1}}`],
    ['application/x-www-form-urlencoded', `${spelled}=1&acme-secret=2&data.access_token=3`],
  ]
  for (const [index, [type, body]] of tells.entries()) {
    const echo = await testUpstream((_request, response) => {
      response.writeHead(200, {
        'content-type': type,
        'set-cookie': `${spelled}=1`,
        'x-acme-secret': '1',
        server: spelled,
      })
      response.end(body)
    })
    t.after(echo.close)
    const { runTest } = await person({ sub: `told-${index}`, url: echo.url, payload: { pin: '비밀 번호 Planted-1' } })
    const answer = await runTest()

    assert.equal(answer.statusCode, 200, answer.body)
    for (const secret of ['Planted-1', 'Planted-2', 'acme-secret'])
      assert.ok(!answer.body.includes(secret), answer.body)
  }
})

test('a test leaves the login that is in use alone', async () => {
  const { call, runTest } = await person({ sub: 'using' })
  const headers = async () => (await call('GET', '/auth-context/archive/headers')).json<Record<string, string>>()
  const before = await headers()
  assert.equal((await runTest()).statusCode, 200)

  assert.deepEqual(await headers(), before)
  assert.match(before.Authorization ?? '', /^Bearer ./)
})

test('a failed test is 400 with what came back, and is counted', async () => {
  const { runTest, profile, logs } = await person({ sub: 'wrong', payload: { username, password: 'not-it' } })
  const answer = await runTest()
  const told = answer.json<TestedLogin & { type: string; detail: string }>()

  assert.deepEqual([answer.statusCode, told.type], [400, '/problems/test-login-failed'])
  assert.match(told.detail, /^HTTP 401 \(\d+ms\): these credentials are not taken$/)
  assert.deepEqual([told.success, told.status_code], [false, 401])
  assert.deepEqual([told.response_body, told.extracted_context], [{ error: '[masked]' }, {}])
  assert.ok(!answer.body.includes('not-it'))
  assert.equal((await profile()).last_error, 'HTTP 401: these credentials are not taken')
  assert.deepEqual(
    (await logs()).map(({ success, error_message }) => [success, error_message]),
    [[false, 'HTTP 401: these credentials are not taken']],
  )
})

test('five failed tests in a row end tests until the profile is changed, waiting does not', async () => {
  const { call, runTest, profile } = await person({ sub: 'five', payload: { username, password: 'not-it' } })
  for (const _ of [1, 2, 3, 4, 5]) assert.equal((await runTest()).statusCode, 400)
  const refusals = target.refusals().bearer
  clock += 3_600_000
  const sixth = await runTest()

  assert.deepEqual([sixth.statusCode, sixth.json().type], [409, '/problems/needs-auth'])
  assert.deepEqual([(await profile()).status, target.refusals().bearer], ['needs_auth', refusals])
  const mended = await call('PUT', '/auth-profiles/archive', { login_config: { payload: { password } } })
  assert.deepEqual([mended.statusCode, mended.json().status], [200, 'active'])
  assert.equal((await runTest()).statusCode, 200)
})

test('a profile may be tested before it is switched on, but not with secrets missing', async () => {
  const { call, runTest } = await person({ sub: 'off' })
  await call('PUT', '/auth-profiles/archive', { status: 'inactive' })
  assert.equal((await runTest()).statusCode, 200)
  await call('PUT', '/auth-profiles/archive', { login_config: { payload: { password: { $secret: 'missing' } } } })
  const answer = await runTest()

  assert.deepEqual([answer.statusCode, answer.json().type], [409, '/problems/auth-profile-inactive'])
})

test('nobody tests without a token, or what is not theirs', async () => {
  await person({ sub: 'mine' })
  const anonymous = await service.app.inject({
    method: 'POST',
    url: '/api/session-station/v1/auth-profiles/archive/test',
  })
  const other = await service.as('somebody-else')('POST', '/auth-profiles/archive/test')
  const proxyOnly = await service.as('mine', { scope: 'session-station:proxy' })('POST', '/auth-profiles/archive/test')
  const bad = await service.as('mine')('POST', '/auth-profiles/%20/test')

  assert.equal(anonymous.statusCode, 401)
  assert.deepEqual([other.statusCode, other.json().type], [404, '/problems/auth-profile-not-found'])
  assert.deepEqual([proxyOnly.statusCode, proxyOnly.json().type], [403, '/problems/scope-required'])
  assert.equal(bad.statusCode, 400)
})

async function answering(t: TestContext, sub: string, headers: Record<string, string>, body: string) {
  const upstream = await testUpstream((_request, response) => response.writeHead(200, headers).end(body))
  t.after(() => upstream.close())
  return (await person({ sub, url: `${upstream.url}/` })).runTest()
}

test('what an outside service repeats of a secret is not shown, in whatever it answers', async (t) => {
  const marker = 'marker-of-a-secret'
  const bodies: [string, string][] = [
    ['application/json', `{"data":{"access_token":"${marker}"},"n":[1,{"deep":"${marker}"}]}`],
    ['application/json', `{"broken":"${marker}`],
    ['text/html', `<p>${marker}</p>`],
    ['application/x-www-form-urlencoded', `a=${marker}`],
    ['application/octet-stream', marker],
  ]
  for (const [index, [type, body]] of bodies.entries()) {
    const headers = { 'content-type': type, 'x-session': marker, 'set-cookie': `sid=${marker}` }
    const answer = await answering(t, `repeating-${index}`, headers, body)
    assert.equal(answer.statusCode, index === 0 ? 200 : 400)
    assert.ok(!answer.body.includes(marker), answer.body)
    assert.equal(answer.json<TestedLogin>().response_headers['set-cookie'], 'sid=[masked]')
  }
})

test('tests at once are one login: a wrong password is not tried as often as somebody can ask', async (t) => {
  let [visits, answered] = [0, 0]
  const held = Promise.withResolvers<void>()
  // The one that logs in is still at it when the others are answered.
  const releaseInTime = () => {
    if (answered === 9 || visits > 1) held.resolve()
  }
  const upstream = await testUpstream(async (_request, response) => {
    visits += 1
    releaseInTime()
    await held.promise
    response.writeHead(401).end()
  })
  t.after(() => upstream.close())
  const { runTest, profile } = await person({ sub: 'many-at-once', url: upstream.url })
  const typeOf = async () => {
    const answer = await runTest()
    answered += 1
    releaseInTime()
    return answer.json().type.split('/').at(-1)
  }
  const types = () => Promise.all(Array.from({ length: 10 }, typeOf))

  const first = await types()
  assert.deepEqual(first.toSorted(), ['test-login-failed', ...Array(9).fill('login-in-progress')].toSorted())
  for (let round = 0; round < 10; round += 1) await types()
  assert.equal(upstream.requests.length, 5)
  assert.equal((await profile()).status, 'needs_auth')
})
