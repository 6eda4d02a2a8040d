import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowedCallback } from './callback-url.ts'

const hosts = new Set(['bot-api.kakao.com', 'localhost:9443'])

test('answers go to https on a listed host and port', () => {
  for (const url of ['https://bot-api.kakao.com/v1/callback/x?y=1', 'https://localhost:9443/x'])
    assert.equal(allowedCallback(url, hosts), url)
  assert.equal(allowedCallback('https://BOT-API.kakao.com:443/x', hosts), 'https://bot-api.kakao.com/x')
})

test('answers go nowhere else, however it is spelt', () => {
  const others = [
    'http://bot-api.kakao.com/x',
    'https://bot-api.kakao.com:8443/x',
    'https://bot-api.kakao.com@evil.example/x',
    'https://bot-api.kakao.com:443@evil.example/x',
    'https://user@bot-api.kakao.com/x',
    'https://:secret@bot-api.kakao.com/x',
    'https://bot-api.kakao.com.evil.example/x',
    'https://evil.example/bot-api.kakao.com',
    'https://evil.example\\@bot-api.kakao.com/x',
    'https://evil.example#@bot-api.kakao.com',
    'https://bot-api.kakao.com./x',
    'https://xbot-api.kakao.com/x',
    'https://localhost/x',
    '//bot-api.kakao.com/x',
    'javascript:alert(1)',
    'bot-api.kakao.com',
    '',
    null,
    undefined,
  ]
  for (const url of others) assert.equal(allowedCallback(url, hosts), undefined, String(url))
})
