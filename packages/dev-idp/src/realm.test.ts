// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Keycloak's placeholders
import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findClient, readRealm } from './realm.ts'

const fileOf = (text: string) => {
  const file = join(mkdtempSync(join(tmpdir(), 'realm-')), 'realm.json')
  writeFileSync(file, text)
  return file
}

test('a name in the text is replaced by its variable, else by its default, else by nothing', () => {
  const client = (id: string, secret: string) => ({ clientId: id, secret })
  const clients = [
    client('a', '${SECRET:fallback}'),
    client('b', '${OTHER:fallback}'),
    client('c', '${OTHER:}'),
    client('d', '${OTHER}'),
  ]
  const realm = readRealm(fileOf(JSON.stringify({ realm: 'r', clients })), { SECRET: 'given' })

  assert.deepEqual(
    realm.clients.map(({ secret }) => secret),
    ['given', 'fallback', '', '${OTHER}'],
  )
})

test('what a realm file leaves out has the value that Keycloak gives it', () => {
  const realm = readRealm(fileOf('{"realm":"r","clients":[{"clientId":"a"}]}'))

  assert.deepEqual(
    [realm.accessTokenLifespan, realm.revokeRefreshToken, findClient(realm, 'a')?.enabled],
    [300, false, true],
  )
})

test('a realm file that does not fit names every place', () => {
  const file = fileOf('{"realm":1,"clients":[{"secret":"x"}]}')

  assert.throws(
    () => readRealm(file),
    (error: Error) => {
      assert.match(error.message, /\/realm /)
      assert.match(error.message, /\/clients\/0 /)
      return true
    },
  )
})

test('a client that is switched off is not found', () => {
  const realm = readRealm(fileOf('{"realm":"r","clients":[{"clientId":"a","enabled":false}]}'))

  assert.equal(findClient(realm, 'a'), undefined)
})
