import assert from 'node:assert/strict'
import { isIP, isIPv6 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Address, isMetadata, isPublic, readAddress } from './address.ts'
import { parseAllowed } from './allowed-ranges.ts'
import { checkedAddresses } from './checked-addresses.ts'
import { failureOf, get, testEgress } from './egress.fixture.ts'

const isRefused = (text: string) => {
  const address = readAddress(text)
  return address === undefined || !isPublic(address)
}

const REFUSED = [
  '0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.0.1 169.254.169.254',
  '172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255',
  '198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 192.0.0.192 100.100.100.200',
  ':: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:8.8.8.8 ::ffff:127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::8.8.8.8 64:ff9b::a00:1',
  '64:ff9b:1::7f00:1 100::1 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1',
  'fc00::1 fd00::1 fd00:ec2::254 fd20:ce::254 fd00:42::42 fe80::1 fe80::a9fe:a9fe fec0::1 ff02::1 4000::1 8000::1 fe80::1%lo',
]
const PUBLIC =
  '1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 223.255.255.255 2001:4860:4860::8888 2606:4700:4700::1111 2a00:1450::1'

test('only global unicast is public', () => {
  for (const text of REFUSED.join(' ').split(' ')) assert.ok(isRefused(text), text)
  for (const text of PUBLIC.split(' ')) assert.ok(!isRefused(text), text)
})

test('no IPv4 address of a private range is public in any IPv6 that hides it', () => {
  const octet = fc.nat(255)
  const privateAddress = fc.oneof(
    fc.tuple(fc.constantFrom(10, 127, 0), octet, octet, octet),
    fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
    fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
    fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  )
  fc.assert(
    fc.property(privateAddress, (octets) => {
      const dotted = octets.join('.')
      const [high, low] = [(octets[0] << 8) | octets[1], (octets[2] << 8) | octets[3]].map((part) => part.toString(16))
      for (const text of [
        dotted,
        `::${dotted}`,
        `::ffff:${dotted}`,
        `::ffff:0:${dotted}`,
        `64:ff9b::${dotted}`,
        `64:ff9b:1::${dotted}`,
        `2002:${high}:${low}::1`,
      ]) {
        assert.ok(isIPv6(text) || text === dotted)
        assert.ok(isRefused(text), text)
      }
    }),
  )
})

test('metadata addresses are not reached, whatever is opened, not through NAT64 and its like either', async () => {
  const allow = parseAllowed('0.0.0.0/0,::/0')
  const never =
    '169.254.169.254 169.254.170.2 169.254.42.42 100.100.100.200 168.63.129.16 192.0.0.192 fe80::a9fe:a9fe fd00:ec2::254 fd20:ce::254 ' +
    'fd00:42::42 ::ffff:169.254.169.254 64:ff9b::169.254.169.254 64:ff9b:1::168.63.129.16 2002:a9fe:a9fe:: ::169.254.169.254'
  for (const address of never.split(' '))
    await assert.rejects(
      checkedAddresses(address, 80, { allow, resolve: async () => [] }),
      { kind: 'address' },
      address,
    )
  const others = await Promise.all(
    ['10.0.0.1', 'fd00::1', '64:ff9b::10.0.0.1'].map((address) =>
      checkedAddresses(address, 80, { allow, resolve: async () => [] }),
    ),
  )

  assert.deepEqual(others.flat(), ['10.0.0.1', 'fd00::1', '64:ff9b::10.0.0.1'])
  assert.equal(isMetadata(readAddress('2606:4700::a9fe:a9fe') as Address), false)
})

/** One number in one of the ways that URL parsers read. */
const spelled = (value: number, octets: number) =>
  fc.constantFrom(
    `${value}`,
    `0x${value.toString(16)}`,
    `0X${value.toString(16).padStart(2 * octets, '0')}`,
    `0${value.toString(8)}`,
    `000${value.toString(8)}`,
  )

/** An IPv4 address in one to four parts, each decimal, hexadecimal or octal, with a trailing dot or in full-width digits. */
const spelling = fc
  .tuple(
    fc.constantFrom(
      [127, 0, 0, 1],
      [10, 0, 0, 1],
      [192, 168, 1, 1],
      [169, 254, 169, 254],
      [0, 0, 0, 0],
      [127, 255, 3, 9],
    ),
    fc.integer({ min: 1, max: 4 }),
  )
  .chain(([octets, parts]) => {
    const last = octets.slice(parts - 1).reduce<number>((sum, octet) => sum * 256 + octet, 0)
    const numbers = [...octets.slice(0, parts - 1).map((octet) => spelled(octet, 1)), spelled(last, 5 - parts)]
    return fc.tuple(fc.tuple(...numbers), fc.boolean(), fc.constantFrom('.', '。', '．', '%2e'))
  })
  .map(([parts, isWide, dot]) => parts.map((part) => (isWide ? wide(part) : part)).join(dot))

const wide = (text: string) => text.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))

test('no spelling of a private address is reached', async (t) => {
  const egress = testEgress(t, '', async () => [])
  await fc.assert(
    fc.asyncProperty(spelling, fc.constantFrom('', '.'), async (host, end) => {
      const url = `http://${host}${end}:8080/`
      assert.equal(isIP(new URL(url).hostname), 4, url)
      assert.equal(await failureOf(egress.request(get(url))), 'address, not sent', url)
    }),
    { numRuns: 300 },
  )
})

test('a name that leads to what is no address is refused', async () => {
  for (const found of ['localhost', '127.1', '0x7f000001', 'fe80::1%lo', '', ' 8.8.8.8', '8.8.8.8\0'])
    await assert.rejects(checkedAddresses('a.test', 80, { allow: [], resolve: async () => [found] }), {
      kind: 'address',
    })
})
