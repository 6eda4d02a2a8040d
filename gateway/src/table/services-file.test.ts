import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { type Fault, faultLine, ServicesFileError } from './file-fault.ts'
import { parseServicesFile, servicesFilePath } from './services-file.ts'

const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../..', 'fixtures', name), 'utf8')

function faultsOf(text: string, env: Record<string, string> = {}): readonly Fault[] {
  try {
    parseServicesFile(text, env)
    return []
  } catch (error) {
    if (error instanceof ServicesFileError) return error.faults
    throw error
  }
}
const told = (text: string, env?: Record<string, string>): string[] =>
  faultsOf(text, env).map((fault) => faultLine('f', fault))
const variable = (inside: string) => `\${${inside}}`
/** Exactly one fault, at this place, that says this. */
function refused(text: string, place: string, says: RegExp, env?: Record<string, string>): void {
  const lines = told(text, env)
  assert.equal(lines.length, 1, `${text}\n${lines.join('\n')}`)
  assert.match(lines[0] as string, new RegExp(`^f:${place}  .+  .+`))
  assert.match(lines[0] as string, says)
}
const withModule = (module: string) => `services: {a: {host: 'http://a:1', modules: [${module}]}}`
const withIssuer = (issuer: string) => `services: {}\nissuers:\n  - {issuer: 'https://i', ${issuer}}`

test('the file of source 004 loads unchanged, in both of its forms', () => {
  const merged = parseServicesFile(fixture('source-004.yaml'), {}).modules
  const initial = parseServicesFile(fixture('source-004-initial.yaml'), {}).modules

  assert.deepEqual(
    merged.map(({ name, host }) => [name, host]),
    ['admin', 'auth', 'config', 'llm', 'session-station'].map((name) => [name, 'http://xgen-core:8000']),
  )
  assert.equal(initial.find(({ name }) => name === 'session-station')?.host, 'http://xgen-session-station:8000')
})

test('an unknown key is told with the key that was meant', () => {
  refused('services: {}\nbase_path: [/api]', '2:1', /no key "base_path".*"base_paths"/)
  refused('services:\n  a: {host: "http://a:1", modules: [], time_out: 3s}', '2:40', /"timeout"/)
  refused(withModule('{m: {Section: x}}'), '1:51', /"section"/)
  refused('services: {}\nconstructor: 1', '2:1', /known keys/)
  refused('services: {}\nstray: {host: "http://a:1", modules: [a]}', '2:1', /below "services:"/)
})

test('a key or a module that stands twice is refused where it stands again', () => {
  refused('services: {}\nservices: {}', '2:1', /stands twice.*line 1/)
  refused(
    'services:\n  a: {host: "http://a:1", modules: [session-station]}\n  b: {host: "http://b:1", modules: [Session_Station]}',
    '3:37',
    /named twice.*line 2/,
  )
  refused("services: {a: {host: 'http://a:1', modules: [m]}}\nexternal: {M: 'http://b:1'}", '2:12', /named twice/)
})

test('an address is scheme, name and port and nothing else', () => {
  const wrong = [
    'ftp://a',
    'a:1',
    'http://',
    'http://a/b',
    'http://u:p@a',
    'http://a?x',
    'http://a#x',
    'http:// a',
    'http://a:99999',
    '//a',
    'http:\\\\a',
  ]
  for (const host of wrong)
    refused(`services:\n  a:\n    host: ${JSON.stringify(host)}\n    modules: [m]`, '3:5', /no address/)
  refused("services: {}\nexternal:\n  m: 'https://e/path'", '3:3', /no address/)
  refused('services: {}', '1:1', /SERVICE_M_URL is no address/, { SERVICE_M_URL: 'm:1' })
})

test("the gateway's own address as an upstream is a loop, whatever it is called", () => {
  const env = { GATEWAY_URL: 'https://gateway.example', PLATFORM_ISSUER: 'https://door.example:9050', PORT: '9050' }
  const own = [
    'http://localhost:9050',
    'http://127.0.0.1:9050',
    'http://[::1]:9050',
    'http://0.0.0.0:9050',
    'http://LOCALHOST:9050',
    'http://localhost.:9050',
    'http://[::ffff:127.0.0.1]:9050',
    'https://gateway.example:443',
    'https://door.example:9050',
  ]
  for (const host of own) refused(`services: {a: {host: '${host}', modules: [m]}}`, '1:16', /own address/, env)
  assert.deepEqual(told(withModule('m').replace('http://a:1', 'http://localhost:4001'), env), [])
})

test('reserved names and names that are no path segment are refused', () => {
  for (const name of ['internal', 'Proxy', 'v1', 'V22', 'docs', 'healthz', 'readyz', 'server_status', '.well-known'])
    refused(withModule(name), '1:46', /reserved/)
  for (const name of ['"a b"', '"a/b"', '"%61"', '""', 'a.b', '한'])
    refused(withModule(name), '1:46', /cannot be a module/)
  refused('services: {}\nbase_paths: [/api, /internal]', '2:20', /reserved/)
  refused('services: {}', '1:1', /reserved/, { SERVICE_INTERNAL_URL: 'http://user:8000' })
})

test('access that contradicts itself or lets nobody in is refused', () => {
  const says: [string, RegExp][] = [
    ['{m: {access: section}}', /without a section/],
    ['{m: {access: public, section: x}}', /beside access: public/],
    ['{m: {level: admin}}', /level without a section/],
    ['{m: {authorization: forward}}', /authorization: forward beside access: authenticated/],
    ['{m: {access: service}}', /lets nobody in/],
    ['{m: {rules: [{path: /x, access: section}]}}', /without a section/],
  ]
  for (const [module, what] of says) refused(withModule(module), '1:\\d+', what)
  assert.deepEqual(told(withModule('{m: {section: s, rules: [{path: /x, level: admin}]}}')), [])
})

test('two rules for one path and method are refused', () => {
  for (const rules of [
    '{path: /x}, {path: /x/}',
    '{path: /x}, {path: /X}',
    '{path: /x, methods: [GET]}, {path: /x, methods: [HEAD]}',
  ])
    refused(withModule(`{m: {rules: [${rules}]}}`), '1:\\d+', /two rules/)
  assert.deepEqual(
    told(withModule('{m: {rules: [{path: /x, methods: [GET]}, {path: /x, methods: [PUT]}, {path: /x}]}}')),
    [],
  )
})

test('a rule that no accepted path could meet is refused', () => {
  for (const path of ['/a/../b', '/a/.', '/a//b', '/%61', '/a;b', 'a', '/a?b', "''"])
    refused(withModule(`{m: {rules: [{path: ${path}}]}}`), '1:\\d+', /path is not usable|segment of dots/)
})

test('variables are replaced in values, once, and never become YAML', () => {
  const [host, name, count] = [variable('A_URL:-http://a:1'), variable('NAME'), variable('N:-7')]
  const text = `services:\n  a:\n    host: ${host}\n    modules: ["${name}"]\n    max_in_flight: ${count}`
  const load = (env: Record<string, string>) => parseServicesFile(text, env)

  assert.equal(load({ NAME: 'm' }).modules[0]?.host, 'http://a:1')
  assert.equal(load({ NAME: 'm', A_URL: '' }).modules[0]?.host, 'http://a:1')
  assert.equal(load({ NAME: 'm', N: '9' }).file.services.a?.max_in_flight, 9)
  refused(text, '4:15', /NAME is not set/)
  refused(text, '4:15', /cannot be a module/, { NAME: 'm]}, b: {host: x' })
  refused(text, '4:15', /cannot be a module/, { NAME: host })
  refused(`services: {}\npublic_hosts: ["${variable('constructor')}"]`, '2:16', /constructor is not set/)
  refused(`services: {}\npublic_hosts: ["${variable('A-b')}"]`, '2:16', /unfinished variable/)
})

test('durations and sizes have a unit and a bound', () => {
  const load = (settings: string) => told(`services: {a: {host: 'http://a:1', modules: [], ${settings}}}`)
  for (const good of [
    'timeout: 1ms',
    'timeout: 30s',
    'timeout: 2m',
    'timeout: 24h',
    'idle_timeout: 12h',
    'max_body: 1B',
    'max_message: 10MB',
    'max_body: 2GB',
  ])
    assert.deepEqual(load(good), [])
  for (const bad of [
    'timeout: 30',
    'timeout: 0s',
    'timeout: 1d',
    'timeout: -1s',
    'timeout: 9999h',
    'max_body: 10',
    'max_body: 1TB',
    'max_in_flight: 0',
    'max_in_flight: 1.5',
    'max_in_flight: many',
  ])
    assert.equal(load(bad).length, 1, bad)
})

test('a subject travels under no name that is ours or belongs to one connection', () => {
  for (const name of [
    'Authorization',
    'host',
    'X-Internal-Key',
    'X-Forwarded-For',
    'Transfer-Encoding',
    'Content-Length',
  ])
    refused(
      `services: {a: {host: 'http://a:1', modules: [], identity_headers: [X-User-ID, ${name}]}}`,
      '1:79',
      /cannot carry/,
    )
})

test('hosts, origins and proxies have their forms', () => {
  for (const origin of ['"*"', 'null', 'https://a/', 'HTTPS://a', 'https://a:443', 'a.example'])
    assert.equal(told(`services: {}\nallowed_origins: [${origin}]`).length, 1, origin)
  for (const host of ['https://a', 'a/b', '"a:"', '""', '"a b"'])
    assert.equal(told(`services: {}\npublic_hosts: [${host}]`).length, 1, host)
  for (const proxy of ['10.0.0.0/33', '10.0.0', 'a', '"::1/129"', '10.0.0.0/8/8', '10.0.0.0/', '"0.0.0.0/-1"'])
    assert.equal(told(`services: {}\ntrusted_proxies: [${proxy}]`).length, 1, proxy)
})

test('an issuer says for whom its tokens are and whose people it names', () => {
  assert.deepEqual(told(withIssuer('name: x, audiences: [a]')), [])
  assert.deepEqual(parseServicesFile(withIssuer('people: shared, audiences: [a]'), {}).file.issuers?.[0]?.algorithms, [
    'RS256',
  ])
  refused(withIssuer('people: shared'), '3:6', /any token/)
  refused(withIssuer('audiences: [a]'), '3:6', /needs a name/)
  refused(withIssuer('audiences: [a], name: x, algorithms: [none]'), '3:\\d+', /one of RS256/)
  refused(withIssuer('audiences: [a], name: "a|b"'), '3:\\d+', /name is not usable/)
  refused(
    withIssuer('audiences: [a], name: x, act_for_users: {bot: {modules: [meal]}}'),
    '3:\\d+',
    /"meal" is no module/,
  )
  refused(
    withIssuer("audiences: [a], name: x}\n  - {issuer: 'https://j', audiences: [a], name: x"),
    '4:\\d+',
    /two issuers/,
  )
  refused(
    withIssuer("audiences: [a], name: x}\n  - {issuer: 'https://i', audiences: [a], name: y"),
    '4:\\d+',
    /stands twice/,
  )
  refused(withIssuer('audiences: [a], name: x'), '3:6', /our own user service/, { PLATFORM_ISSUER: 'https://i' })
})

test('every fault is told at once, in the order of the lines', () => {
  const text = `base_paths: [api]
services:
  a: {host: 'http://a:1', modules: [internal, {m: {acess: open}}], timeout: 3}
  b: {host: '${variable('NOPE')}', modules: [n]}
  c: {modules: [o]}
allowed_origins: ['*']
issuers: [{issuer: 'https://i', algorithms: [HS256], audiences: [a], name: x}]
`
  assert.deepEqual(
    faultsOf(text).map(({ line }) => line),
    [1, 3, 3, 3, 4, 5, 6, 7],
  )
})

test('what is no whole YAML document is refused at its place', () => {
  refused('', '1:1', /empty/)
  refused('# nothing\n', '1:1', /empty/)
  refused('services:\n', '1:10', /must be a map: it is empty/)
  refused('- a', '1:1', /must be a map/)
  refused('services: {}\n---\nservices: {}', '2:1', /not readable YAML/)
  refused('services: !!js/function x', '1:11', /not readable YAML/)
  refused('services: {}\npublic_hosts: [a\ufffd]', '2:17', /UTF-8/)
  refused('services: {}\n__proto__: {}', '2:1', /plain name/)
  refused('services: {}\n? [a]\n: b', '2:3', /plain name/)
  for (const cut of [30, 60, 90])
    assert.ok(
      faultsOf(
        fixture('source-004.yaml')
          .replace(/^#.*\n/gm, '')
          .slice(0, cut),
      ).length > 0,
    )
})

test('anchors may shorten a file but not blow it up', () => {
  assert.deepEqual(
    told(
      "services:\n  a: &a {host: 'http://a:1', modules: [a], timeout: &t 3s}\n  b: {host: 'http://b:1', modules: [b], timeout: *t}",
    ),
    [],
  )
  const bomb = [
    'a: &a0 [x]',
    ...Array.from({ length: 20 }, (_, i) => `b${i}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]`),
  ].join('\n')
  assert.ok(told(bomb).some((line) => /more than 100 aliases/.test(line)))
  assert.ok(told('services: &a [*a]').some((line) => /nested too deep/.test(line)))
  refused('services: *none', '1:11', /names no anchor/)
  refused(`services: {}\npublic_hosts: [&a a, ${'*a, '.repeat(101)}]`, '2:\\d+', /more than 100 aliases/)
  assert.ok(told('['.repeat(20_000)).length > 0)
})

test('the environment chooses the file', () => {
  assert.equal(basename(servicesFilePath({})), 'services.yaml')
  assert.equal(basename(servicesFilePath({ APP_SITE: 'local' })), 'services.local.yaml')
  assert.equal(basename(servicesFilePath({ APP_SITE: 'docker' })), 'services.docker.yaml')
  assert.equal(servicesFilePath({ APP_SITE: 'docker', SERVICES_CONFIG_FILE: '/etc/x.yaml' }), '/etc/x.yaml')
  assert.throws(() => servicesFilePath({ APP_SITE: 'constructor' }), /local, docker or absent/)
})

function loadsOrTells(text: string): void {
  for (const { line, column, what, remedy } of faultsOf(text)) {
    assert.ok(line >= 1 && line <= text.split(/\r\n|\r|\n/).length && column >= 1, `${line}:${column}`)
    assert.ok(what !== '' && remedy !== '')
  }
}

const shipped = readFileSync(join(import.meta.dirname, '../..', 'services.yaml'), 'utf8')
const junk = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    '}',
    '[',
    ']',
    ':',
    '- ',
    '*a',
    '&a ',
    '\n',
    '  ',
    '"',
    "'",
    '${',
    variable('X'),
    '|',
    '!!x ',
    '#',
    '\t',
    'null',
    '__proto__: 1',
    '<<: ',
    '? ',
  ),
  fc.string({ maxLength: 4, unit: 'binary' }),
)

test('a file changed anywhere loads or is refused with line, column and remedy', () => {
  const position = fc.nat({ max: shipped.length })
  fc.assert(
    fc.property(position, fc.nat({ max: 30 }), junk, (at, removed, added) =>
      loadsOrTells(shipped.slice(0, at) + added + shipped.slice(at + removed)),
    ),
    { numRuns: 400 },
  )
})

test('any text and any value loads or is refused', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), loadsOrTells), { numRuns: 500 })
  const key = fc.constantFrom(
    'host',
    'modules',
    'rules',
    'path',
    'access',
    'section',
    'issuer',
    'constructor',
    'toString',
    'a',
  )
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('http://a:1', 'a', '/x', 'section', null, 1, true, ''),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(key, tie('any'), { maxKeys: 4 }),
    ),
  })).any
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('services', 'external', 'issuers', 'base_paths', 'public_hosts'), value),
      (file) => loadsOrTells(stringify(file)),
    ),
    { numRuns: 500 },
  )
})
