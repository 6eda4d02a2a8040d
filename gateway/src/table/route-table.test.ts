import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '@munjigi/problem'
import fc from 'fast-check'
import { canonicalTarget } from '../door/canonical.ts'
import { buildRouteTable, type RouteTable } from './route-table.ts'
import { parseServicesFile } from './services-file.ts'

const FILE = `
base_paths: [/, /api, /ws, /api/deep]
services:
  station:
    host: http://station:8000/
    timeout: 500ms
    max_body: 2MB
    identity_headers: [X-User-ID]
    modules:
      - session-station:
          section: auth-profile
          clients: [bot]
          rules:
            - { path: /v1/store/admin, section: auth-profile-store, level: admin }
            - { path: /v1/menus, methods: [GET], access: public }
            - { path: /v1/menus/, methods: [POST], level: admin }
            - { path: /v1/both, methods: [GET], access: public }
            - { path: /v1/both }
            - { path: /v1/메뉴, access: service }
  user: { host: 'http://user:8000', modules: [auth, { Admin_Page: { pending: allow } }] }
external: { outside: 'https://outside.example' }
public_hosts: [App.example.com, 'localhost:9050']
trusted_proxies: [10.0.0.0/8, '2001:db8::/32', 192.0.2.7]
`
const tableOf = (text: string, env: Record<string, string> = {}): RouteTable =>
  buildRouteTable(parseServicesFile(text, env), env)
const table = tableOf(FILE)
const match = (raw: string, method = 'GET', from = table) => from.match(canonicalTarget(raw, method), method)
const found = (raw: string, method = 'GET') => {
  const route = match(raw, method)
  return route && [route.module, route.rule.pattern, route.rule.access, route.insidePath, route.forwardPath]
}

test('the first segment after the longest base path names the module', () => {
  assert.deepEqual(found('/api/auth/v1/me'), ['auth', '/auth', 'authenticated', '/v1/me', '/api/auth/v1/me'])
  assert.deepEqual(found('/ws/auth'), ['auth', '/auth', 'authenticated', '', '/ws/auth'])
  assert.deepEqual(found('/auth/x/'), ['auth', '/auth', 'authenticated', '/x/', '/auth/x/'])
  assert.deepEqual(found('/api/deep/auth/x'), ['auth', '/auth', 'authenticated', '/x', '/api/deep/auth/x'])
  for (const raw of ['/', '/api', '/api/', '/api/nobody/x', '/API/auth', '/apiauth', '/api/auth2', '/nobody'])
    assert.equal(found(raw), undefined)
})

test('version first and proxy are further ways to the same module and rule', () => {
  const rule = '/session-station/v1/store/admin'

  assert.equal(found('/api/session-station/v1/store/admin/7')?.[1], rule)
  assert.deepEqual(found('/api/v1/session-station/store/admin/7')?.slice(1), [
    rule,
    'section',
    '/v1/store/admin/7',
    '/api/v1/session-station/store/admin/7',
  ])
  assert.deepEqual(found('/api/proxy/auth/x')?.slice(3), ['/x', '/api/auth/x'])
  assert.deepEqual(found('/api/proxy/v12/auth/x')?.slice(3), ['/v12/x', '/api/v12/auth/x'])
  assert.deepEqual(found('/proxy/auth/x')?.slice(3), ['/x', '/auth/x'])
  for (const raw of [
    '/api/v1',
    '/api/v1/',
    '/api/v1/v1/auth',
    '/api/proxy/proxy/auth',
    '/api/vx/auth',
    '/api/v/auth',
    '/api/V1/auth',
  ])
    assert.equal(found(raw), undefined)
})

test('names compare without case and with - as _, and the path goes on as received', () => {
  for (const name of ['session_station', 'SESSION-Station', 'Session_Station']) {
    assert.equal(found(`/api/${name}/x`)?.[0], 'session-station')
    assert.equal(found(`/api/${name}/x`)?.[4], `/api/${name}/x`)
  }
  assert.equal(found('/api/admin-page/x')?.[0], 'admin-page')
})

test('reserved names and names of objects are never a module', () => {
  const names = [
    'internal',
    'Internal',
    'proxy',
    'docs',
    'healthz',
    'readyz',
    'server-status',
    'server_status',
    '.well-known',
    'v1',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
  ]
  for (const name of names)
    for (const base of ['', '/api', '/ws', '/api/v1', '/api/proxy', '/api/deep'])
      assert.equal(match(`${base}/${name}/user/v1/access`), undefined)
})

test('a name with an encoded character or a parameter is refused', () => {
  for (const raw of ['/api/auth;x=1/y', '/api/auth%20/y', '/api/%ED%95%9C/y', '/api/v1/auth%3B/y'])
    assert.throws(
      () => match(raw),
      (error: Problem) => error.status === 400 && error.type === 'ambiguous-path',
    )
})

test('of an external module the base path is removed', () => {
  assert.equal(match('/api/outside/a/b')?.forwardPath, '/outside/a/b')
  assert.equal(match('/api/proxy/v1/outside/a')?.forwardPath, '/v1/outside/a')
  assert.equal(match('/outside/a')?.forwardPath, '/outside/a')
  assert.equal(match('/api/outside')?.service.hostHeader, 'upstream')
})

test('the longest prefix on segment boundaries decides', () => {
  assert.equal(found('/api/session-station/v1/store/administrators')?.[1], '/session-station')
  assert.equal(found('/api/session-station/v1/store/admin')?.[1], '/session-station/v1/store/admin')
  assert.equal(match('/api/session-station/v1/store/admin/')?.rule.level, 'admin')
})

test('an encoding does not lead past a rule', () => {
  assert.equal(found('/api/session-station/v1/%EB%A9%94%EB%89%B4/1')?.[2], 'service')
  assert.equal(found('/api/session-station/v1/%eb%a9%94%eb%89%b4')?.[2], 'service')
})

test('a path that another reader would put under another rule is refused', () => {
  for (const inside of [
    '/v1/Menus',
    '/V1/store/admin',
    '/v1/store/admin;x=1',
    '/v1/store;a/admin',
    '/;x/v1/menus',
    '/v1/menus%3Fx',
    '/v1/menus%23',
    '/v1/menus%20',
    '/v1/menus.',
    '/v1./menus',
    '/v1/%EF%BD%8Denus',
    '/v1/menu%C5%BF',
    '/v1/%E1%84%86%E1%85%A6%E1%84%82%E1%85%B2',
  ])
    assert.throws(
      () => match(`/api/session-station${inside}`),
      (error: Problem) => error.type === 'ambiguous-path',
      inside,
    )
  assert.equal(found('/api/session-station/v1/menus/ABC;d')?.[2], 'public')
  assert.equal(found('/api/session-station/Files;v=2/C%23')?.[2], 'section')
  assert.equal(found('/api/session-station/v1/menus/a./%C5%BF')?.[2], 'public')
})

test('where a prefix lists methods, any other is 405 with Allow', () => {
  assert.equal(match('/api/session-station/v1/menus', 'HEAD')?.rule.access, 'public')
  assert.equal(match('/api/session-station/v1/menus', 'POST')?.rule.access, 'section')
  assert.throws(
    () => match('/api/session-station/v1/menus/7', 'DELETE'),
    (error: Problem) =>
      error.status === 405 && error.type === 'method-not-allowed' && error.headers.allow === 'GET, HEAD, POST',
  )
  assert.equal(match('/api/session-station/v1/both', 'DELETE')?.rule.access, 'section')
})

test('a rule inherits what it does not say', () => {
  const post = match('/api/session-station/v1/menus', 'POST')?.rule

  assert.deepEqual([post?.section, post?.level, [...(post?.clients ?? [])]], ['auth-profile', 'admin', ['bot']])
  assert.equal(match('/api/session-station/v1/menus')?.rule.section, undefined)
  assert.equal(match('/api/admin-page/x')?.rule.isPendingAllowed, true)
})

test('limits are read in milliseconds and bytes', () => {
  const station = match('/api/session-station/x')?.service

  assert.deepEqual(
    [station?.origin, station?.timeoutMs, station?.maxBodyBytes, station?.identityHeaders],
    ['http://station:8000', 500, 2 * 1024 * 1024, ['x-user-id']],
  )
})

test('the environment goes before the file, for one module at a time', () => {
  const env = {
    SERVICE_AUTH_URL: 'http://elsewhere:1',
    SERVICE_BRAND_NEW_URL: 'https://new:2',
    SERVICE_ADMIN_PAGE_URL: '',
  }
  const moved = tableOf(FILE, env)

  assert.equal(match('/api/auth/x', 'GET', moved)?.service.origin, 'http://elsewhere:1')
  assert.equal(match('/api/admin-page/x', 'GET', moved)?.service.origin, 'http://user:8000')
  assert.equal(match('/api/brand-new/x', 'GET', moved)?.rule.access, 'authenticated')
  assert.equal(moved.userService?.origin, 'http://elsewhere:1')
  assert.deepEqual(moved.warnings, ['module brand-new stands in no file: it comes from SERVICE_BRAND_NEW_URL'])
})

test('a service of which nothing changed is the same object in the next table', () => {
  const parsed = parseServicesFile(FILE.replace('http://user:8000', 'http://user:8001'), {})
  const next = buildRouteTable(parsed, {}, table)

  assert.equal(next.generation, table.generation + 1)
  assert.equal(match('/api/session-station/x', 'GET', next)?.service, match('/api/session-station/x')?.service)
  assert.notEqual(next.userService, table.userService)
})

test('public hosts compare without case; one without a port stands for every port', () => {
  for (const host of ['app.example.com', 'APP.example.com:9050', 'localhost:9050'])
    assert.ok(table.isPublicHost(host), host)
  for (const host of ['localhost', 'localhost:1', 'app.example.com.evil', 'app.example.com:x', ''])
    assert.ok(!table.isPublicHost(host), host)
  assert.ok(tableOf('services: {}').isPublicHost('anything'))
  assert.equal(tableOf('services: {}').warnings.length, 1)
})

test('trusted proxies are addresses and networks, IPv4 written as IPv6 included', () => {
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::1', '192.0.2.7'])
    assert.ok(table.isTrustedProxy(address), address)
  for (const address of ['11.1.2.3', '192.0.2.8', '2001:db9::1', '']) assert.ok(!table.isTrustedProxy(address), address)
  assert.ok(!tableOf('services: {}').isTrustedProxy('127.0.0.1'))
})

test("the front end's origin is allowed where the file names none", () => {
  assert.deepEqual(
    [...tableOf('services: {}', { FRONTEND_BASE_URL: 'https://app.example/x/' }).allowedOrigins],
    ['https://app.example'],
  )
})

const spelled = fc
  .array(fc.boolean(), { minLength: 15, maxLength: 15 })
  .map((flags) =>
    [...'session-station']
      .map((letter, i) => (flags[i] ? (letter === '-' ? '_' : letter.toUpperCase()) : letter))
      .join(''),
  )

test('every spelling of a name finds its module and nothing else does', () => {
  fc.assert(fc.property(spelled, (name) => match(`/api/${name}/x`)?.module === 'session-station'))
  const known = new Set(['session-station', 'auth', 'admin-page', 'outside'])
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,16}$/), (name) => {
      const plain = name.toLowerCase().replaceAll('_', '-')
      if (/^v\d+$/.test(name) || plain === 'proxy') return
      assert.equal(match(`/ws/${name}`)?.module, known.has(plain) ? plain : undefined)
    }),
  )
})

const segments = fc.array(
  fc.constantFrom(
    'v1',
    'store',
    'admin',
    'menus',
    'Menus',
    '메뉴',
    'both',
    'x',
    'admin;a',
    ';b',
    '%20',
    'a%23',
    'a%3F',
    '%3b',
    'admin.',
    'menus%20',
    'ｍenus',
    'menuſ',
  ),
  { maxLength: 5 },
)

test('decoded once or twice, with or without case and parameters, a path falls under one rule', () => {
  fc.assert(
    fc.property(segments, (parts) => {
      const raw = `/api/session-station/${parts.map((part) => encodeURI(part).replace(/%25/g, '%')).join('/')}`
      const rule = ruleOf(raw)
      if (rule === undefined) return
      const once = decodeURIComponent(raw)
      const readings = [
        once,
        twice(once),
        once.toLowerCase(),
        once.replace(/;[^/]*/g, '').replace(/\/+/g, '/'),
        once.replace(/[?#].*/, ''),
        once.replace(/[. ]+(?=\/|$)/g, ''),
        once.normalize('NFKC'),
        once.toUpperCase().toLowerCase(),
      ]
      for (const reading of readings) assert.equal(naivePattern(reading), rule, `${raw} read as ${reading}`)
    }),
    { numRuns: 3000 },
  )
})

function ruleOf(raw: string): string | undefined {
  try {
    return match(raw, 'GET')?.rule.pattern
  } catch (error) {
    if (error instanceof Problem && error.status === 400) return undefined
    throw error
  }
}

function twice(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function naivePattern(path: string): string {
  const inside = path.split('/').slice(3).join('/')
  const prefixes = ['v1/store/admin', 'v1/menus', 'v1/both', 'v1/메뉴']
  const hit = prefixes.find((prefix) => inside === prefix || inside.startsWith(`${prefix}/`))
  return hit === undefined ? '/session-station' : `/session-station/${hit}`
}
