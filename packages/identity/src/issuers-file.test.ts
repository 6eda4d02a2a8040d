import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readIssuersFile } from './issuers-file.ts'

function fileOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'issuers-')), 'services.yaml')
  writeFileSync(path, text)
  return path
}

test('issuers are read with variables and defaults, whatever else the file holds', () => {
  const path = fileOf("services: {}\nissuers:\n  - { issuer: '${IDP:-https://idp}', people: shared, audiences: [a] }\n")

  assert.deepEqual(readIssuersFile(path, {}), [
    { issuer: 'https://idp', people: 'shared', audiences: ['a'], algorithms: ['RS256'], unknown_people: 'refuse' },
  ])
  assert.equal(readIssuersFile(path, { IDP: 'https://other' })[0]?.issuer, 'https://other')
})

test('a file without issuers trusts nobody further', () => {
  assert.deepEqual(readIssuersFile(fileOf('services: {}\n'), {}), [])
})

test('a variable without a value, a bad field and an issuer without a name are named', () => {
  const faulty = ["issuer: '${IDP}', people: shared", "issuer: 'https://idp', people: mine", "issuer: 'https://idp'"]
  for (const [index, expected] of [/IDP has no value/, /people/, /needs a name/].entries())
    assert.throws(() => readIssuersFile(fileOf(`issuers:\n  - { ${faulty[index]} }\n`), {}), expected)
})

test('a file that is not there is told with the name of its variable', () => {
  assert.throws(() => readIssuersFile('/nowhere/services.yaml', {}), /^Error: ISSUERS_FILE .*\/nowhere\/services\.yaml/)
})
