import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { houseSecrets } from './secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'munjigi-secrets-'))
after(() => rmSync(folder, { recursive: true }))

test('a house that an earlier version made keeps its secrets and gets those that came later', () => {
  const file = join(folder, 'secrets.json')
  writeFileSync(file, JSON.stringify({ sealingKey: 'sealed with this', internalKey: 'asked with this' }))
  const first = houseSecrets(folder)

  assert.equal(first.sealingKey, 'sealed with this')
  assert.equal(first.internalKey, 'asked with this')
  assert.ok(Object.values(first).every((secret) => secret.length > 0))
  assert.deepEqual(houseSecrets(folder), first)
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), first)
  assert.equal(statSync(file).mode & 0o077, 0)
})

test('no two secrets of a house are alike', () => {
  const secrets = Object.values(houseSecrets(join(folder, 'new')))

  assert.equal(new Set(secrets).size, secrets.length)
})
