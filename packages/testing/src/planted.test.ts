import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foundIn } from './planted.ts'

const SECRET = 'a-secret/ü"& of a test'

test('a planted text is found however it is spelled', () => {
  for (const before of ['', 'a', 'ab'])
    for (const encoding of ['base64', 'base64url', 'hex'] as const)
      assert.deepEqual(foundIn(Buffer.from(`${before}${SECRET}zz`).toString(encoding), [SECRET]), [SECRET], encoding)
  const percent = encodeURIComponent(SECRET)
  for (const spelling of [
    SECRET,
    JSON.stringify(SECRET),
    percent,
    percent.replace(/%../g, (octet) => octet.toLowerCase()),
    new URLSearchParams({ '': SECRET }).toString(),
  ])
    assert.deepEqual(foundIn(`x${spelling}y`, [SECRET]), [SECRET], spelling)
})

test('what was not planted is not found', () => {
  assert.deepEqual(foundIn(SECRET, ['another-secret-of-a-test']), [])
})
