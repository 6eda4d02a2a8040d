import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import { startDevTarget } from '@munjigi/dev-target/dev-target'
import { validatorCompiler } from '@munjigi/server/validators'
import { bearerRule } from './injection/bearer-rule.fixture.ts'
import { BASE, testService } from './service.fixture.ts'

const service = await testService()
const target = await startDevTarget()
after(async () => {
  await service.close()
  await target.close()
})

const answered = new Set<string>()
const faults: string[] = []

// What a handler gives is compared with its schema, by which members that it does not name would be dropped in silence.
service.app.addHook('preSerialization', async (request, reply, payload) => {
  const { schema, url } = request.routeOptions
  const answers = (schema?.response ?? {}) as Record<number, object>
  const answer = answers[reply.statusCode]
  if (answer === undefined || url === undefined) return payload
  const route = `${request.method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`
  answered.add(`${route} ${reply.statusCode}`)
  const plain = JSON.parse(JSON.stringify(payload)) as unknown
  const outcome = validatorCompiler({ schema: answer, httpPart: 'body', method: 'GET', url })(plain)
  if (outcome !== true) faults.push(`${route}: ${JSON.stringify(outcome)}`)
  const serialised = JSON.parse(reply.serialize(payload) as string) as unknown
  try {
    assert.deepEqual(serialised, JSON.parse(JSON.stringify(payload)))
  } catch (error) {
    faults.push(`${route}: ${(error as Error).message}`)
  }
  return payload
})

const lee = service.as('lee')
async function ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) {
  const answer = await lee(method, path, body)
  assert.ok(answer.statusCode < 300, `${method} ${path}: ${answer.statusCode} ${answer.body}`)
  return answer.statusCode === 204 ? undefined : answer.json()
}

const profile = {
  service_id: 'out',
  name: 'Outside',
  description: 'with everything that a profile can have',
  auth_type: 'bearer',
  login_config: {
    url: `${target.url}/bearer/login?v=1`,
    headers: {
      accept: 'application/json',
      'x-trace': 'secret-header',
      authorization: { $template: 'Bearer {region}' },
    },
    query: { many: ['a', 2, true, null] },
    payload: { username: CREDENTIALS.username, password: CREDENTIALS.password, deep: [{ n: 1.5, none: null }] },
    timeout: 10,
    follow_redirects: false,
    success: { status: [200], body: { path: 'data.access_token' } },
    steps: [{ url: `${target.url}/form/login`, method: 'GET' }],
  },
  extraction_rules: [
    { name: 'access_token', source: 'body', key_path: 'data.access_token' },
    { name: 'refresh_token', source: 'body', key_path: 'data.refresh_token' },
    { name: 'csrf', source: 'html', key_path: 'input[name=_csrf]', attribute: 'value', step: 0 },
    { name: 'region', source: 'fixed', value: 'kr' },
    { name: 'otp', source: 'totp', value: CREDENTIALS.totpSecret, digits: 6, period: 30, algorithm: 'SHA1', drift: 0 },
    { name: 'type', source: 'header', key_path: 'content-type', all: true },
  ],
  injection_rules: [
    bearerRule('access_token'),
    { source_field: 'region', target: 'cookie', key: 'region', value_template: '{region}' },
    { source_field: 'region', target: 'query', key: 'region', value_template: '{region}' },
  ],
  refresh_config: { enabled: true, url: `${target.url}/bearer/refresh`, payload: { refresh_token: '{refresh_token}' } },
  allowed_origins: [target.url],
  expired: { status: [401, 419], location: '/login', body: { path: 'error', equals: 'expired' } },
  ttl: 600,
  refresh_before_expire: 60,
}

test('every route answers what its schema says, and nothing of it is lost on the way', async () => {
  await ask('POST', '/auth-profiles', profile)
  await ask('POST', '/auth-profiles/out/test')
  await ask('GET', '/auth-context/out')
  await ask('GET', '/auth-context/out/headers')
  await ask('POST', '/auth-profiles/out/refresh')
  await ask('GET', '/auth-profiles')
  await ask('GET', '/auth-profiles/out')
  await ask('PUT', '/auth-profiles/out', { description: null })
  await ask('GET', '/auth-profiles/out/logs')
  await ask('GET', '/auth-profiles/out/logs/summary')
  await ask('GET', '/revealed/out')
  await ask('POST', '/revealed/out/test')
  await ask('POST', '/auth-profile-store/upload', { service_id: 'out', preview: true })
  const { template_id } = await ask('POST', '/auth-profile-store/upload', { service_id: 'out', tags: ['all'] })
  await ask('GET', '/auth-profile-store/list')
  await ask('GET', '/auth-profile-store/admin/list')
  await ask('GET', `/auth-profile-store/${template_id}`)
  await ask('POST', `/auth-profile-store/download/${template_id}`, { service_id: 'copy', slots: { password: 'x' } })
  await ask('DELETE', `/auth-profile-store/${template_id}`)
  const again = await ask('POST', '/auth-profile-store/upload', { service_id: 'out' })
  await ask('DELETE', `/auth-profile-store/admin/${again.template_id}`)
  const presets = await ask('GET', '/auth-profile-presets')
  for (const { preset_id } of presets)
    await ask('POST', `/auth-profile-presets/${preset_id}`, { service_id: preset_id, base_url: target.url })
  await ask('DELETE', '/auth-profiles/copy')

  assert.deepEqual(faults, [])
  const { paths } = (await service.app.inject('/api/session-station/openapi.json')).json()
  const described = Object.entries(paths as Record<string, Record<string, { responses: object }>>)
    .filter(([path]) => !path.startsWith(`${BASE}/proxy/`))
    .flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.keys(responses)
          .filter((status) => status !== 'default')
          .map((status) => `${method.toUpperCase()} ${path} ${status}`),
      ),
    )
  assert.deepEqual([...answered].toSorted(), described.toSorted())
})
