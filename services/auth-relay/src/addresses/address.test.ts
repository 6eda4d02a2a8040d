import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isConfidential, normalAddress } from './address.ts'

const PLAIN = 'https://bot.example.com/users/callback?a=1'

test('spellings of one address are one', () => {
  const spellings = [
    'HTTPS://Bot.Example.COM/users/callback?a=1',
    'https://bot.example.com:443/users/callback?a=1',
    'https://bot.example.com./users/callback?a=1',
    'https://bot.example.com/%75sers/call%62ack?%61=1',
    'https://bot.example.com/x/../users/./callback?a=1',
    'https://bot.example.com/x/%2e%2E/users/callback?a=1',
    'https://b%6ft.example%2ecom/users/callback?a=1',
    'https://ｂot.example.com/users/callback?a=1',
  ]
  for (const spelling of spellings) assert.equal(normalAddress(spelling), PLAIN, spelling)
})

test('another address stays another', () => {
  const others = [
    'http://bot.example.com/users/callback?a=1',
    'https://bot.example.com:8443/users/callback?a=1',
    'https://bot.example.com/users/callback',
    'https://bot.example.com/users/callback/?a=1',
    'https://bot.example.com/Users/callback?a=1',
    'https://bot.example.com//users/callback?a=1',
    'https://bot.example.com/users%2Fcallback?a=1',
    'https://bot.example.com/users/callback?a=1&a=2',
    'https://bot.example.com/users/callback;x?a=1',
    'https://bot.example.com.evil.example/users/callback?a=1',
    'https://evil.example/https://bot.example.com/users/callback?a=1',
    'https://xn--bt-jia.example.com/users/callback?a=1',
    'https://bоt.example.com/users/callback?a=1',
  ]
  for (const other of others) {
    assert.notEqual(normalAddress(other), undefined, other)
    assert.notEqual(normalAddress(other), PLAIN, other)
  }
})

test('what has userinfo, a fragment or two readings is no address', () => {
  const refused = [
    'https://evil@bot.example.com/users/callback?a=1',
    'https://@bot.example.com/users/callback?a=1',
    'https://bot.example.com@evil.example/users/callback',
    'https://bot.example.com%40evil.example/users/callback',
    'https://bot.example.com:443@evil.example/',
    'https://bot.example.com/users/callback?a=1#x',
    'https://bot.example.com/users/callback?a=1#',
    'https:\\\\bot.example.com\\users\\callback?a=1',
    'https://evil.example\\@bot.example.com/users/callback?a=1',
    'https://bot.example.com\\.evil.example/',
    'https:bot.example.com/users/callback?a=1',
    'https:/bot.example.com/users/callback?a=1',
    'https:///bot.example.com/users/callback?a=1',
    '//bot.example.com/users/callback?a=1',
    ' https://bot.example.com/users/callback?a=1',
    'https://bot.example.com/users/call\tback?a=1',
    'https://bot.example.com/users/callback?a=1\r\nHost: evil',
    'https://bot.example.com/users/callback\u0000',
    'https://bot.example.com/users/callback%',
    'https://bot.example.com/%%32%65%%32%65/users/callback',
    'https://bot.example.com/users/callback?a=%u0031',
    'https://bot.example.com../users/callback',
    'https://bot..example.com/users/callback',
    'https://bot.example.com:99999/users/callback',
    'https://bot.example.com:x/users/callback',
    'https://',
    'ftp://bot.example.com/users/callback',
    'javascript:alert(1)',
    'data:text/html,x',
    '',
  ]
  for (const text of refused) assert.equal(normalAddress(text), undefined, JSON.stringify(text))
})

test('a normal address is read as itself, by us and by any reader of URLs', () => {
  const text = fc.oneof(
    fc.webUrl({ withQueryParameters: true }),
    fc.string({ unit: fc.constantFrom(...'https://bot.example.com:443@%2e2fF%%3265\\ \t#?&a.ㄱ😀') }),
  )
  fc.assert(
    fc.property(text, fc.constantFrom('', 'https://bot.example.com', 'http://127.0.0.1:80'), (tail, head) => {
      const address = normalAddress(head + tail)
      if (address === undefined) return
      assert.equal(normalAddress(address), address)
      assert.equal(new URL(address).href, address)
      assert.match(address, /^https?:\/\/[^@/?#\\]+\/[!-~]*$/)
    }),
    { numRuns: 2_000 },
  )
})

test('plain http goes to this machine and private networks alone', () => {
  const confidential = [
    'https://bot.example.com/',
    'https://203.0.113.9/',
    'http://localhost:8000/',
    'http://bot.localhost/',
    'http://kakao-bot:8000/',
    'http://bot.default.svc/',
    'http://bot.default.svc.cluster.local/',
    'http://bot.internal/',
    'http://127.0.0.1/',
    'http://127.1.2.3/',
    'http://10.0.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://[::1]/',
    'http://[fd00::1]/',
  ]
  const exposed = [
    'http://bot.example.com/',
    'http://localhost.example.com/',
    'http://127.0.0.1.nip.io/',
    'http://203.0.113.9/',
    'http://172.32.0.1/',
    'http://11.0.0.1/',
    'http://[2001:db8::1]/',
    'http://[::ffff:203.0.113.9]/',
    'http://0x7f000001.example.com/',
    'http://internal.example.com/',
  ]
  for (const address of confidential) assert.equal(isConfidential(address), true, address)
  for (const address of exposed) assert.equal(isConfidential(address), false, address)
})
