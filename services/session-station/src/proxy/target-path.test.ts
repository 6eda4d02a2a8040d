import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '@munjigi/problem'
import { targetOrigin, targetPath } from './target-path.ts'

const PREFIX = '/api/session-station/v1/proxy/'
const refusal = (type: string) => (error: unknown) => (error as Problem).type === type

test('what stands behind the service goes on byte for byte', () => {
  for (const target of [
    '/',
    '/a/b',
    '/a%20b?q=%2e%2e/&x=%00',
    '/a//b',
    '/...',
    '/.well-known/x',
    '/%ED%95%9C',
    '/a?b?c',
    '/;v=1',
    '/a|b',
  ])
    assert.equal(targetPath(`${PREFIX}demo${target}`, PREFIX), target)
})

test('with nothing behind the service the root is meant, slash or not', () => {
  assert.equal(targetPath(`${PREFIX}demo`, PREFIX), '/')
  assert.equal(targetPath(`${PREFIX}demo?back=/a`, PREFIX), '/?back=/a')
})

test('a path with a second reading is refused', () => {
  const paths = [
    '//evil.example/x',
    '/../admin',
    '/a/./b',
    '/a/%2e%2E/b',
    '/a/.%2e',
    '/a/..%2fb',
    '/a%2f..%5Cb',
    '/a/..;x=1/b',
    '/a/..%3bx/b',
    '/a\\b',
    '/a%00b',
    '/a%0d%0ab',
    '/a%7f',
    '/a#b',
  ]
  for (const path of paths)
    assert.throws(() => targetPath(`${PREFIX}demo${path}`, PREFIX), refusal('bad-target-path'), path)
})

test('the route itself has one spelling', () => {
  for (const url of ['/api/session%2Dstation/v1/proxy/demo/x', `http://host${PREFIX}demo/x`])
    assert.throws(() => targetPath(url, PREFIX), refusal('bad-target-path'), url)
})

test('an origin is asked for by its one spelling, among those of the profile', () => {
  const allowed = ['https://a.example', 'https://b.example:8443']

  assert.equal(targetOrigin(undefined, allowed), 'https://a.example')
  assert.equal(targetOrigin('https://B.example:8443/', allowed), 'https://b.example:8443')
  assert.equal(targetOrigin('https://a.example:443', allowed), 'https://a.example')
  const others = [
    'https://b.example',
    'http://a.example',
    'https://a.example.evil.example',
    'https://a.example@evil.example',
    'https://user@a.example',
    'https://a.example/path',
    'https://a.example?x',
    'https://a.example, https://b.example:8443',
    'null',
    '',
  ]
  for (const other of others) assert.throws(() => targetOrigin(other, allowed), refusal('origin-not-allowed'), other)
})
