import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { type TestIssuer, testIssuer } from '@munjigi/testing/issuer'
import { answerOf, base64, INVALID, openHouse, payloadOf } from './house.fixture.ts'
import { platformIssuer } from './issuers.ts'
import { createVerifier } from './verifier.ts'

test('two issuers that call their keys the same stay apart', async (t) => {
  const [ours, theirs] = await Promise.all([testIssuer({ kid: 'k1' }), testIssuer({ kid: 'k1' })])
  const listed = { unknown_people: 'refuse' } as const
  const verifier = createVerifier({
    issuers: [
      { ...listed, algorithms: ['RS256'], audiences: ['munjigi'], issuer: ours.issuer, people: 'shared' },
      {
        ...listed,
        algorithms: ['RS256'],
        audiences: ['munjigi'],
        issuer: theirs.issuer,
        people: 'own',
        name: 'theirs',
      },
    ],
  })
  t.after(() => Promise.all([verifier.close(), ours.close(), theirs.close()]))

  assert.equal(await answerOf(verifier, ours.token({ sub: 'kim' })), 'kim')
  assert.equal(await answerOf(verifier, theirs.token({ sub: 'kim' })), 'theirs|kim')
  assert.equal(await answerOf(verifier, theirs.token({ iss: ours.issuer, sub: 'kim' })), INVALID)
})

test('ten thousand unknown keys are one fetch, and good tokens go on', async (t) => {
  const { platform, verifier } = await openHouse(t)
  const good = platform.token({ sub: 'kim' })
  const [, claims, signature] = good.split('.')
  const before = platform.fetches
  const flood = Array.from({ length: 10_000 }, (_, i) =>
    answerOf(verifier, `${base64({ alg: 'RS256', typ: 'at+jwt', kid: `k${i}` })}.${claims}.${signature}`),
  )

  assert.equal(await answerOf(verifier, good), 'kim')
  assert.deepEqual(new Set(await Promise.all(flood)), new Set([INVALID]))
  assert.ok(platform.fetches - before <= 1, `${platform.fetches - before} fetches`)
})

test('a token by a key that was published a moment ago verifies', async (t) => {
  const { platform, verifier } = await openHouse(t)
  const old = platform.token({ sub: 'kim' })
  platform.rotateKeys()

  assert.equal(await answerOf(verifier, platform.token({ sub: 'lee' })), 'lee')
  assert.equal(await answerOf(verifier, old), 'kim')
})

test('a withdrawn key verifies nothing any more, remembered tokens included', async (t) => {
  const { platform, verifier } = await openHouse(t)
  const old = platform.token({ sub: 'kim' })
  await verifier.verify(old)
  platform.publishedKeys.length = 0
  platform.rotateKeys()
  assert.equal(await answerOf(verifier, platform.token({ sub: 'lee' })), 'lee')

  assert.equal(verifier.remembered(old), undefined)
  assert.equal(await answerOf(verifier, old), INVALID)
})

const OUTAGES: Record<string, RequestListener> = {
  'answers 500': (_request, response) => void response.writeHead(500).end(),
  'says nothing': () => {},
  'closes the connection': (request) => void request.socket.destroy(),
  'redirects elsewhere': (_request, response) =>
    void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'answers what is no JSON': (_request, response) => void response.end('<html>'),
  'answers without keys': (_request, response) => void response.end('{}'),
  'answers with an empty set': (_request, response) => void response.end('{"keys":[]}'),
  'answers with keys that are none': (_request, response) =>
    void response.end('{"keys":[null,1,{"kid":"x","kty":"oct","k":"AA"}]}'),
  'answers with an endless flood': (_request, response) => {
    const flood = () => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
    }
    response.on('drain', flood)
    flood()
  },
}
for (const [what, outage] of Object.entries(OUTAGES))
  test(`an issuer that ${what} hurts nobody who holds a good token`, async (t) => {
    const { platform, keycloak, verifier } = await openHouse(t)
    platform.answerWith(outage)
    const unknown = answerOf(verifier, platform.token({}, { kid: 'unknown' }))

    assert.equal(await answerOf(verifier, platform.token({ sub: 'kim' })), 'kim')
    assert.equal(await answerOf(verifier, keycloak.token({ sub: 'lee', azp: 'kakao-bot' })), 'lee')
    assert.equal(await unknown, INVALID)
    assert.equal(await answerOf(verifier, platform.token({ sub: 'kim' })), 'kim')
  })

test('an issuer whose keys were never had is 503 and not 401, and heals by itself', async (t) => {
  const issuer = await testIssuer()
  issuer.answerWith((_request, response) => void response.writeHead(503).end())
  const fetched = new EventTarget()
  const verifier = createVerifier({
    issuers: [platformIssuer({ issuer: issuer.issuer, audience: 'munjigi', jwksUri: issuer.jwksUri })],
    onKeyFetch: (_issuer, outcome) => fetched.dispatchEvent(new Event(outcome)),
  })
  t.after(() => Promise.all([verifier.close(), issuer.close()]))
  assert.equal(await answerOf(verifier, issuer.token()), '503 keys-unavailable')
  const healed = new Promise((resolve) => fetched.addEventListener('ok', resolve, { once: true }))
  issuer.answerWith()
  await healed

  assert.equal(await answerOf(verifier, issuer.token({ sub: 'kim' })), 'kim')
})

test('keys for encryption, of weak RSA and of other curves verify nothing', async (t) => {
  const { partner, platform, verifier } = await openHouse(t)
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const encryption = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  const publish = (to: TestIssuer, key: typeof weak, members: object) =>
    to.publishedKeys.push({ ...key.publicKey.export({ format: 'jwk' }), ...members })
  publish(platform, weak, { kid: 'weak', alg: 'RS256', use: 'sig' })
  publish(platform, encryption, { kid: 'encryption', use: 'enc' })
  publish(partner, curve, { kid: 'curve', use: 'sig' })
  const rs256 = (kid: string, { privateKey }: typeof weak) => {
    const input = `${base64({ alg: 'RS256', typ: 'at+jwt', kid })}.${base64(payloadOf(platform.token()))}`
    return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
  }
  const input = `${base64({ alg: 'ES256', typ: 'at+jwt', kid: 'curve' })}.${base64(payloadOf(partner.token()))}`
  const es256 = sign('sha256', Buffer.from(input), { key: curve.privateKey, dsaEncoding: 'ieee-p1363' })

  assert.equal(await answerOf(verifier, rs256('weak', weak)), INVALID)
  assert.equal(await answerOf(verifier, rs256('encryption', encryption)), INVALID)
  assert.equal(await answerOf(verifier, `${input}.${es256.toString('base64url')}`), INVALID)
})

test('an issuer that is taken away ends its tokens, the others keep their keys', async (t) => {
  const { platform, keycloak, verifier, issuers } = await openHouse(t)
  const token = keycloak.token({ sub: 'kim', azp: 'kakao-bot' })
  await verifier.verify(token)
  const before = platform.fetches
  verifier.replaceIssuers(issuers.filter(({ issuer }) => issuer !== keycloak.issuer))

  assert.equal(verifier.remembered(token), undefined)
  assert.equal(await answerOf(verifier, token), INVALID)
  assert.equal(await answerOf(verifier, platform.token({ sub: 'lee' })), 'lee')
  assert.equal(platform.fetches, before)
})

test('a list that is replaced by its like while keys are fetched refuses nobody', async (t) => {
  const { platform, verifier, issuers } = await openHouse(t)
  platform.rotateKeys()
  const verifying = answerOf(verifier, platform.token({ sub: 'kim' }))
  verifier.replaceIssuers(issuers.map((issuer) => ({ ...issuer })))

  assert.equal(await verifying, 'kim')
})

test('an issuer that is taken away while its keys are fetched verifies nothing', async (t) => {
  const { platform, verifier, issuers } = await openHouse(t)
  platform.rotateKeys()
  const token = platform.token({ sub: 'kim' })
  const verifying = answerOf(verifier, token)
  verifier.replaceIssuers(issuers.slice(1))

  assert.equal(await verifying, INVALID)
  assert.equal(verifier.remembered(token), undefined)
})
