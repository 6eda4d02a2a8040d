import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkOf, siteOf } from './network.ts'

for (const [network, ...addresses] of [
  [
    '203.0.113.7',
    '203.0.113.7',
    '::ffff:203.0.113.7',
    '::FFFF:cb00:7107',
    '0:0:0:0:0:ffff:203.0.113.7',
    '0::ffff:cb00:7107',
  ],
  ['2001:db8:1:2::/64', '2001:db8:1:2::7', '2001:DB8:1:2:3:4:5:6', '2001:0db8:0001:0002::'],
  ['2001:db8:0:0::/64', '2001:db8::7', '2001:db8::', '2001:db8:0:0:1::'],
  ['0:0:0:0::/64', '::1', '::', '::a:b:c:d'],
  ['0:0:0:1::/64', '::1:a:b:c:d', '0:0:0:1::'],
  ['1:2:3:0::/64', '1:2:3::', '1:2:3::5:6:7:8', '1:2:3:0:5::'],
  ['1:0:0:0::/64', '1::', '1::5:6:7:8', '1::5:6:7.8.9.10'],
  ['1:0:0:4::/64', '1::4:5:6:7:8', '1:0:0:4::'],
  ['0:2:3:4::/64', '::2:3:4:5:6:7:8', '0:2:3:4:5:6:7::'],
  ['1:2:3:', '1:2:3:'],
  ['1:2::3:', '1:2::3:'],
  ['fe80:0:0:0::/64', 'fe80::1%eth0'],
  ['64:ff9b:0:0::/64', '64:ff9b::203.0.113.7', '64:ff9b::cb00:7107'],
  ['1:2:3:4::/64', '1:2:3:4:5:6:203.0.113.7'],
] as const)
  for (const address of addresses)
    test(`${address} is counted as ${network}`, () => assert.equal(networkOf(address), network))

for (const [site, ...networks] of [
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1::/48', '2001:db8:1:0::/64', '2001:db8:1:ffff::/64'],
  ['2001:db8:0::/48', networkOf('2001:db8::7')],
] as const)
  for (const network of networks) test(`${network} is of ${site}`, () => assert.equal(siteOf(network), site))
