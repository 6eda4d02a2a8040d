import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testSettings } from '../settings.fixture.ts'
import type { RelaySettings } from '../settings.ts'
import { ClientsFileError, parseClients } from './clients-file.ts'

const STRONG = 'Zx81-kJ3p_qW0vB7nM5tY2rE9uI6oA4sD1fG8hL'
const settings = testSettings({ allowUnsignedIssue: true })
/** Source 001, word for word. */
const source001 = {
  'kakao-bot': {
    server_url: 'https://auth.example.com/',
    realm: 'example',
    client_id: 'kakao-bot',
    redirect_uri: '{BASE_URL}/oidc/callback',
    issuer: 'https://auth.example.com/realms/example',
    scope: 'openid offline_access',
  },
}
const client = {
  ...source001['kakao-bot'],
  client_secret: 'of-the-idp',
  callback_url_allowlist: ['https://bot.example.com/users/callback'],
}

function faultsOf(file: unknown, change: Partial<RelaySettings> = {}, environment = {}): string[] {
  try {
    parseClients(typeof file === 'string' ? file : JSON.stringify(file), { ...settings, ...change }, environment)
    return []
  } catch (error) {
    if (!(error instanceof ClientsFileError)) throw error
    return [...error.faults]
  }
}
const faultOf = (change: Record<string, unknown>, other: Partial<RelaySettings> = {}) =>
  faultsOf({ 'kakao-bot': { ...client, ...change } }, other).map((fault) => fault.replace(/^kakao-bot: /, ''))

test('no client at all is a beginning', () => {
  assert.deepEqual(faultsOf('{}'), [])
})

test("source 001's sample lacks its secret and the list of call-backs", () => {
  const faults = faultsOf(source001)

  assert.equal(faults.length, 2)
  assert.match(
    faults.join('\n'),
    /client_secret: is missing: write it, or set KAKAO_BOT__SECRETS or kakao-bot__secrets/,
  )
  assert.match(faults.join('\n'), /kakao-bot: callback_url_allowlist: is missing/)
})

test('the secret is the one of the file, else of either variable', () => {
  const secretOf = (key: string, entry: object, environment: Record<string, string>) =>
    parseClients(JSON.stringify({ [key]: { ...client, ...entry } }), settings, environment).get(key)?.client_secret
  const both = { KAKAO_BOT__SECRETS: 'upper', 'kakao-bot__secrets': 'lower' }

  assert.equal(secretOf('kakao-bot', {}, both), 'of-the-idp')
  for (const client_secret of [undefined, '']) {
    assert.equal(secretOf('kakao-bot', { client_secret }, both), 'upper')
    assert.equal(secretOf('kakao-bot', { client_secret }, { 'kakao-bot__secrets': 'lower' }), 'lower')
  }
  assert.equal(secretOf('Bot_2.x-y', { client_secret: undefined }, { BOT_2_X_Y__SECRETS: 'x' }), 'x')
})

test('our two secrets may come the same way', () => {
  const environment = { BOT__ISSUE_SECRET: STRONG, bot__hmac_secret: STRONG.toLowerCase() }
  const bot = parseClients(JSON.stringify({ bot: client }), testSettings(), environment).get('bot')

  assert.deepEqual([bot?.issue_secret, bot?.hmac_secret], [STRONG, STRONG.toLowerCase()])
  assert.match(faultsOf({ bot: client }, {}, { BOT__HMAC_SECRET: 'short' }).join(), /^bot: hmac_secret: is short/)
})

test('{BASE_URL} is replaced wherever it stands, and once', () => {
  const baseUrl = 'https://example.com/relay'
  const file = { bot: { ...client, callback_url_allowlist: ['{BASE_URL}/bot', 'https://x.example.com/{BASE_URL}'] } }
  const bot = parseClients(JSON.stringify(file), { ...settings, baseUrl }, {}).get('bot')

  assert.equal(bot?.redirect_uri, `${baseUrl}/oidc/callback`)
  assert.deepEqual(bot?.callback_url_allowlist, [`${baseUrl}/bot`, `https://x.example.com/${baseUrl}`])
})

test('every fault of every client is told, with its client and field', () => {
  const faults = faultsOf({
    first: { ...client, realm: 7, scope: 'openid', colour: 'red' },
    second: { ...client, issuer: undefined, redirect_uri: 'https://evil.example/oidc/callback' },
    third: [],
    'fo urth': client,
  })

  assert.deepEqual(faults.map((fault) => fault.split(': ').slice(0, 2).join(': ')).sort(), [
    '"fo urth": a client key is letters, digits, ".", "_" and "-", at most 100',
    'first: colour',
    'first: realm',
    'first: scope',
    'second: issuer',
    'second: redirect_uri',
    'third: must be an object',
  ])
})

test('a pattern is no call-back address, since addresses are compared whole', () => {
  const callback_url_allowlist = ['https://bot.example.com/users/*']

  assert.match(faultOf({ callback_url_allowlist }).join(), /^callback_url_allowlist\[0\]: is compared whole/)
})

test('call-backs, unlink addresses and identity providers are plain addresses, by https where others could listen', () => {
  for (const address of [
    'bot.example.com/x',
    'https://u:p@bot.example.com/x',
    'https://bot.example.com/x#y',
    'https:bot.example.com',
    'http://bot.example.com/x',
  ]) {
    for (const field of ['server_url', 'issuer', 'unlink_url'])
      assert.match(faultOf({ [field]: address }).join(), new RegExp(`^${field}: `), address)
    const [fault, ...more] = faultOf({ callback_url_allowlist: ['https://good.example.com/', address] })
    assert.match(fault ?? '', /^callback_url_allowlist\[1\]: /)
    assert.deepEqual(more, [])
  }
  assert.deepEqual(faultOf({ unlink_url: 'http://kakao-bot:8000/users/unlink' }), [])
})

test('a list of call-backs holds one at least', () => {
  for (const list of [[], 'https://bot.example.com/x', [7], null])
    assert.match(faultOf({ callback_url_allowlist: list }).join(), /^callback_url_allowlist: is not usable/)
})

test('paths after the login are local, and say nothing else', () => {
  for (const path of ['', 'done', '//evil', '/a/../b', '/a%2fb', '/a?b', '/a#b', 'https://evil.example/', '/\\evil'])
    assert.match(faultOf({ redirect_after_allowlist: [path] }).join(), /^redirect_after_allowlist\[0\]: /, path)
  assert.deepEqual(faultOf({ redirect_after_allowlist: ['/', '/done', '/a/b/', '/메뉴'] }), [])
  assert.deepEqual(faultOf({ redirect_after_allowlist: [] }), [])
})

test('secrets of production are long and known to nobody else', () => {
  for (const field of ['hmac_secret', 'issue_secret']) {
    for (const secret of ['short', 'x'.repeat(40), 'dev-only-secret-that-is-long-enough-012345'])
      assert.match(faultOf({ [field]: secret }).join(), new RegExp(`^${field}: is short`))
    assert.deepEqual(faultOf({ [field]: 'short' }, { isDevelopment: true }), [])
    assert.deepEqual(faultOf({ [field]: STRONG }), [])
    assert.match(faultOf({ [field]: settings.jwtSecret }).join(), /equals JWT_SECRET/)
  }
})

test('a client that does not sign is refused where that is not allowed', () => {
  assert.match(faultOf({}, { allowUnsignedIssue: false }).join(), /^issue_secret: is missing.*KAKAO_BOT__ISSUE_SECRET/)
  assert.deepEqual(faultOf({ issue_secret: STRONG }, { allowUnsignedIssue: false }), [])
})

test('confirm is true or false', () => {
  for (const confirm of ['false', 0, null]) assert.match(faultOf({ confirm }).join(), /^confirm: is not usable/)
  for (const confirm of [true, false]) assert.deepEqual(faultOf({ confirm }), [])
})

test('what is no object of clients is one fault', () => {
  for (const text of ['', '{', '{"a": }', '[]', '"x"', 'null', '7', "{'a': {}}", '{"a": {},}'])
    assert.equal(faultsOf(text).length, 1, text)
})

test('what is no JSON is told without the text around the fault, where a secret may stand', () => {
  const whole = JSON.stringify({ 'kakao-bot': { client_secret: 'NotToBeTold' } })
  for (const spoil of ['NotToBeTold', '"NotToBeTold", x', '"NotToBeTold', '"NotToBeTold"x', '"Not\nToBeTold"']) {
    const [fault = '', ...more] = faultsOf(whole.replace('"NotToBeTold"', spoil))
    assert.match(fault, /^the file is no JSON: \w/)
    assert.doesNotMatch(fault, /Not|Told|secret/)
    assert.deepEqual(more, [])
  }
})

test('a key that stands twice is a fault, with its line', () => {
  const text = JSON.stringify({ 'kakao-bot': client }, null, '\t')
  assert.deepEqual(faultsOf(text), [])
  const twice = text.replace('"realm"', '"client_id": "other",\n\t\t"realm"')

  assert.deepEqual(faultsOf(twice), ['line 6: a key stands twice: keep one'])
})

test('names of the language itself are names like any', () => {
  for (const key of ['__proto__', 'constructor', 'toString']) {
    const faults = faultsOf(`{"${key}": ${JSON.stringify(client)}}`)
    assert.deepEqual(faults.length, key === '__proto__' ? 1 : 0)
  }
  assert.match(faultsOf(`{"bot": {"__proto__": {}, "constructor": 1}}`).join(), /constructor: is not known/)
})

test('the shipped sample has no fault', () => {
  const text = readFileSync(join(import.meta.dirname, '../../clients.json'), 'utf8')

  assert.deepEqual(faultsOf(text, {}, { KAKAO_BOT__SECRETS: 'x' }), [])
})
