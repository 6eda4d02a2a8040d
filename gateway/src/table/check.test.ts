import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readIssuersFile } from '@munjigi/identity/issuers-file'
import type { TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { parse } from 'yaml'
import { check } from './check.ts'
import { editorSchema } from './editor-schema.ts'
import { parseServicesFile } from './services-file.ts'

const root = join(import.meta.dirname, '../..')

function checked(path: string): { code: number; lines: string[] } {
  let text = ''
  const code = check(path, {}, (part) => {
    text += part
  })
  return { code, lines: text.split('\n') }
}

test('the three files differ in where services stand, the local one in how often one may come, and none in who may go where', () => {
  const rulesOf = (file: string) =>
    checked(join(root, file)).lines.flatMap((line) => {
      const rule = line.replace(/https?:\/\/\S+/, '').replace(/ +/g, ' ')
      return rule.startsWith('documents') ? [] : [rule]
    })
  const [production, local, docker] = ['services.yaml', 'services.local.yaml', 'services.docker.yaml'].map(rulesOf)

  assert.ok((production?.length ?? 0) > 20)
  assert.deepEqual(docker, production)
  const withoutLimits = (lines: string[] = []) => lines.map((line) => line.replace(/, limits: .*/, ''))
  assert.deepEqual(withoutLimits(local), withoutLimits(production))
})

test('the route table of a good file is printed, one line a rule', () => {
  const { code, lines } = checked(join(root, 'services.yaml'))

  assert.equal(code, 0)
  assert.match(lines[0] as string, /^MODULE +UPSTREAM +PATH +METHODS +ACCESS$/)
  for (const line of [
    /^admin +http:\/\/user:8000 +\/ +all +section admin-page \(admin\)$/,
    /^auth +http:\/\/user:8000 +\/ +all +authenticated, pending: allow$/,
    /^ +\/login +all +open, limits: 20\/s, burst 200, by address$/,
    /^ +\/v1\/login +all +open, limits: 20\/s, burst 200, by address$/,
    /^ +\/v1\/refresh +all +open, limits: 100\/s, burst 1000, by address$/,
    /^ +\/v1\/password-reset +all +open, limits: 5\/s, burst 50, by address$/,
    /^ +\/v1\/menus +GET HEAD +public$/,
    /^ +\/v1\/menus +all +authenticated, clients: notice-service$/,
    /^documents +http:\/\/documents:8000 \(external\)/,
    /^session-station +http:\/\/session-station:8000 +\/ +all +section auth-profile \(user\)$/,
    /^ +\/v1\/revealed +all +section auth-profile-reveal \(user\)$/,
    /^ +\/webhooks\/kakao\/unlink +all +open, authorization: forward$/,
  ])
    assert.equal(lines.filter((printed) => line.test(printed)).length, 1, String(line))
})

test('every fault of a bad file is printed at its place', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'check-')), 'services.yaml')
  writeFileSync(path, 'services:\n  a:\n    host: nowhere\n    modules: [internal]\n    tmeout: 3s\n')
  const { code, lines } = checked(path)

  assert.equal(code, 1)
  assert.deepEqual(
    lines
      .map((line) => line.slice(path.length))
      .filter(Boolean)
      .map((line) => line.split('  ')[0]),
    [':3:5', ':4:15', ':5:5'],
  )
  assert.match(lines[2] as string, /did you mean "timeout"\?$/)
})

test('a file that cannot be read is a fault, not a crash', () => {
  assert.deepEqual(checked('/nowhere/services.yaml').code, 1)
  assert.match(checked(mkdtempSync(join(tmpdir(), 'check-'))).lines[0] as string, /EISDIR/)
  const large = join(mkdtempSync(join(tmpdir(), 'check-')), 'services.yaml')
  writeFileSync(large, `# ${'x'.repeat(256 * 1024)}`)
  assert.match(checked(large).lines[0] as string, /:1:1 {2}the file is larger than 256 KB/)
})

test('the shipped files have no fault, name public hosts and show every key together', () => {
  const texts = ['services.yaml', 'services.local.yaml', 'services.docker.yaml'].map((name) => {
    const { code, lines } = checked(join(root, name))
    assert.equal(code, 0, lines.join('\n'))
    assert.ok(!lines.some((line) => line.startsWith('warning')))
    const text = readFileSync(join(root, name), 'utf8')
    assert.match(text, /^# yaml-language-server: \$schema=services\.schema\.json\n/)
    return text
  })
  for (const key of keysOf(editorSchema())) assert.match(texts.join(), new RegExp(`[\\s{]${key}:`), key)
})

test('the published schema is the one the gateway reads by', () => {
  const path = join(root, 'services.schema.json')
  const text = `${JSON.stringify(editorSchema(), null, 2)}\n`
  if (process.env.WRITE_SCHEMA === 'true') writeFileSync(path, text)

  assert.equal(readFileSync(path, 'utf8'), text, 'stale: run this test with WRITE_SCHEMA=true')
})

test('the published schema takes the shipped files and refuses a misspelt key', () => {
  const schema = editorSchema() as TSchema
  for (const name of ['services.yaml', 'services.local.yaml', 'services.docker.yaml', 'fixtures/source-004.yaml']) {
    const text = readFileSync(join(root, name), 'utf8')
    assert.ok(Check(schema, parse(text)), name)
    assert.ok(!Check(schema, parse(text.replace('modules:', 'module:'))), name)
  }
})

test('services read the same issuers from a shipped file as the gateway', () => {
  for (const name of ['services.yaml', 'services.local.yaml', 'services.docker.yaml']) {
    const { file } = parseServicesFile(readFileSync(join(root, name), 'utf8'), {})
    assert.equal(file.issuers?.length, 1)
    assert.deepEqual(readIssuersFile(join(root, name), {}), file.issuers)
  }
})

function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = 'properties' in schema ? Object.keys(schema.properties as object) : []
  return [...own, ...Object.values(schema).flatMap(keysOf)]
}
