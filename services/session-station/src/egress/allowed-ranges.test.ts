import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EnvError } from '@munjigi/env'
import { readAddress } from './address.ts'
import { isAllowed, parseAllowed } from './allowed-ranges.ts'

const allows = (text: string, address: string, port = 443) => {
  const read = readAddress(address)
  return read !== undefined && isAllowed(parseAllowed(text), read, port)
}

test('an address, a range or a list of both is opened, with a port or at every one', () => {
  for (const [text, address, port] of [
    ['10.1.2.3', '10.1.2.3', 1],
    ['10.0.0.0/8', '10.255.255.255', 65_535],
    ['127.0.0.1:9070', '127.0.0.1', 9070],
    ['10.0.0.0/8:8443', '10.9.9.9', 8443],
    ['fd00::1', 'fd00::1', 80],
    ['::1', '0:0:0:0:0:0:0:1', 80],
    ['fd00::/8', 'fdff::1', 80],
    ['[fd00::1]:443', 'fd00::1', 443],
    ['[fd00::]/8:443', 'fd12::9', 443],
    ['[fd00::/8]:443', 'fd12::9', 443],
    [' 10.0.0.1 ,, fd00::1 ', 'fd00::1', 443],
  ] as const)
    assert.ok(allows(text, address, port), text)
})

test('nothing is opened beyond what is written', () => {
  for (const [text, address, port] of [
    ['', '127.0.0.1', 80],
    ['127.0.0.1:9070', '127.0.0.1', 9071],
    ['127.0.0.1:9070', '127.0.0.2', 9070],
    ['10.0.0.0/8', '11.0.0.0', 80],
    ['10.0.0.0/8:8443', '10.0.0.1', 443],
    ['127.0.0.1', '::ffff:127.0.0.1', 80],
    ['::/0', '127.0.0.1', 80],
    ['0.0.0.0/0', '::1', 80],
    ['[fd00::]/8:443', 'fd12::9', 80],
  ] as const)
    assert.ok(!allows(text, address, port), text)
})

test('what cannot be read is refused, every entry with a line of its own', () => {
  const bad = [
    '10.0.0.300',
    'localhost',
    'example.com:443',
    '010.0.0.1',
    '0x7f.1',
    '127.1',
    '10.0.0.1/33',
    '10.0.0.1/8/8',
    '10.1.2.3/8',
    'fd00::1/8',
    'fe80::1%lo',
    '::1/129',
    '[10.0.0.1]:80',
    '[::1',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '127.0.0.1:http',
    '*',
    'http://10.0.0.1',
  ]

  assert.throws(
    () => parseAllowed(`10.0.0.1,${bad.join(',')}`),
    (error: EnvError) => {
      assert.ok(error instanceof EnvError)
      assert.deepEqual(
        error.faults.map((line) => /^EGRESS_ALLOW: "(.*)" \S/.exec(line)?.[1]),
        bad,
      )
      return true
    },
  )
})

test('a range of metadata or link-local addresses is refused at the start', () => {
  for (const text of [
    '169.254.169.254',
    '169.254.0.0/16',
    '168.63.129.16:80',
    'fd00:ec2::254',
    'fe80::/64',
    '[fd20:ce::254]:80',
  ])
    assert.throws(() => parseAllowed(text), EnvError, text)
})
