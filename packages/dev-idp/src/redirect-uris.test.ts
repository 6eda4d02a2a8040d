import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesAny } from './redirect-uris.ts'

const patterns = [
  'http://localhost/*',
  'https://127.0.0.1/*',
  'https://localhost:*',
  'https://app.example.com/callback',
]

for (const uri of [
  'http://localhost/',
  'http://localhost:4711/callback',
  'http://localhost:4711/callback?x=1',
  'https://localhost:9051/callback',
  'https://app.example.com/callback',
])
  test(`${uri} is allowed`, () => assert.ok(matchesAny(patterns, uri)))

for (const uri of [
  'http://localhost:7777@evil.example/',
  'http://localhost@evil.example/',
  'http://localhost.evil.example/',
  'http://127.0.0.1/',
  'http://LOCALHOST/',
  'http://localhost/a/../b',
  'http://localhost/..%2f..%2fb',
  'http://localhost\\@evil.example/',
  ' http://localhost/',
  'https://localhost/',
  'https://localhost:7777@evil.example/',
  'https://localhost:9051.evil.example/',
  'https://127.0.0.1:9051/',
  'https://app.example.com/callback/more',
  'https://app.example.com:8443/callback',
  'javascript:alert(1)',
  'no address',
])
  test(`${uri} is refused`, () => assert.ok(!matchesAny(patterns, uri)))
