import assert from 'node:assert/strict'
import { createHmac, createPublicKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { type TestIssuer, testIssuer } from '@munjigi/testing/issuer'
import fc from 'fast-check'
import {
  answerOf,
  base64,
  EXPIRED,
  type House,
  INVALID,
  openHouse,
  payloadOf,
  rawToken,
  seconds,
} from './house.fixture.ts'
import type { TrustedIssuer } from './issuers.ts'
import { createVerifier } from './verifier.ts'

type Attack = [what: string, token: (house: House) => string, answer?: string]

const ALGORITHMS: Attack[] = [
  ['alg none without a signature', ({ platform }) => platform.token({}, { alg: 'none' })],
  ['alg None', ({ platform }) => platform.token({}, { alg: 'None' })],
  [
    'alg none with a signature that is right',
    ({ platform }) =>
      `${base64({ alg: 'none', typ: 'at+jwt', kid: platform.kid })}.${platform.token().split('.').slice(1).join('.')}`,
  ],
  ['an empty signature', ({ platform }) => platform.token().replace(/[^.]+$/, '')],
  ['HS256 by the public key as PEM', ({ platform }) => hs256(platform, 'pem')],
  ['HS256 by the public key as JWK', ({ platform }) => hs256(platform, 'jwk')],
  ['another algorithm of the same key than the issuer uses', ({ platform }) => platform.token({}, { alg: 'PS256' })],
  ['an algorithm of another issuer', ({ partner, platform }) => partner.token({ iss: platform.issuer })],
  ['an algorithm in other letters', ({ platform }) => platform.token({}, { alg: 'rs256' })],
  ['an algorithm that is no text', ({ platform }) => platform.token({}, { alg: ['RS256'] })],
  ['no algorithm', ({ platform }) => platform.token({}, { alg: undefined })],
]

const HEADERS: Attack[] = [
  ['no kid', ({ platform }) => platform.token({}, { kid: undefined })],
  ['a kid that is no text', ({ platform }) => platform.token({}, { kid: 1 })],
  ['a kid that is a property of objects', ({ platform }) => platform.token({}, { kid: '__proto__' })],
  ['a kid that is a path', ({ platform }) => platform.token({}, { kid: '../../dev/null' })],
  ['crit', ({ platform }) => platform.token({}, { crit: ['exp'], exp: 1 })],
  ['crit that is empty', ({ platform }) => platform.token({}, { crit: [] })],
  ['b64 off', ({ platform }) => platform.token({}, { b64: false })],
  ['zip', ({ platform }) => platform.token({}, { zip: 'DEF' })],
  ['jku', ({ platform }) => platform.token({}, { jku: platform.jwksUri })],
  ['x5u', ({ platform }) => platform.token({}, { x5u: platform.jwksUri })],
  ['x5c', ({ platform }) => platform.token({}, { x5c: [] })],
  ['jwk', ({ platform }) => platform.token({}, { jwk: platform.publishedKeys[0] })],
  ['a header that is an array', () => rawToken('["RS256"]', '{}')],
  ['a header that is null', () => rawToken('null', '{}')],
  ['claims that are an array', () => rawToken('{"alg":"RS256","kid":"raw"}', '[]')],
  ['claims that are no JSON', () => rawToken('{"alg":"RS256","kid":"raw"}', '{')],
]

const TYPES: Attack[] = [
  ['a platform token of header type JWT', ({ platform }) => platform.token({}, { typ: 'JWT' })],
  ['a platform token without a type', ({ platform }) => platform.token({}, { typ: undefined })],
  ['a refresh token of ours', ({ platform }) => platform.token({ type: 'refresh' }, { typ: 'rt+jwt' })],
  [
    'a platform token that claims to be a Keycloak one',
    ({ platform }) => platform.token({ typ: 'Bearer' }, { typ: 'JWT' }),
  ],
  ...['ID', 'Refresh', 'Offline', 'Logout', 'bearer', 'Serialized-ID', ''].map(
    (typ): Attack => [
      `a Keycloak token of type "${typ}"`,
      ({ keycloak }) => keycloak.token({ azp: 'kakao-bot', typ }, { typ: 'JWT' }),
    ],
  ),
  ['an id_token that says at+jwt too', ({ keycloak }) => keycloak.token({ azp: 'kakao-bot', typ: 'ID' })],
  ['a Keycloak token without any type', ({ keycloak }) => keycloak.token({ azp: 'kakao-bot' }, { typ: 'JWT' })],
  ['a type that is no text', ({ keycloak }) => keycloak.token({ azp: 'kakao-bot', typ: ['Bearer'] }, { typ: 'JWT' })],
]

const TIMES: Attack[] = [
  ['no exp', ({ platform }) => platform.token({ exp: undefined })],
  ['exp as text', ({ platform }) => platform.token({ exp: String(seconds() + 60) })],
  ['exp that is null', ({ platform }) => platform.token({ exp: null })],
  ['exp that is broken', ({ platform }) => platform.token({ exp: seconds() + 60.5 })],
  [
    'exp that is written twice, the last one good',
    () => rawToken(RAW_HEADER, rawClaims(`"exp":${seconds() + 60}`)),
    'kim',
  ],
  ['exp beyond all numbers', () => rawToken(RAW_HEADER, rawClaims('"exp":1e400'))],
  ['exp that is no whole number of a double', ({ platform }) => platform.token({ exp: 2 ** 60 })],
  ['exp of an hour ago', ({ platform }) => platform.token({ exp: seconds() - 3600 }), EXPIRED],
  ['exp that is negative', ({ platform }) => platform.token({ exp: -1 }), EXPIRED],
  ['exp of 31 s ago', ({ platform }) => platform.token({ exp: seconds() - 31 }), EXPIRED],
  [
    'exp of 20 s ago, which a clock may differ',
    ({ platform }) => platform.token({ sub: 'kim', exp: seconds() - 20 }),
    'kim',
  ],
  ['no iat', ({ platform }) => platform.token({ iat: undefined })],
  ['iat as text', ({ platform }) => platform.token({ iat: String(seconds()) })],
  ['iat of the future', ({ platform }) => platform.token({ iat: seconds() + 60 })],
  ['iat that a clock may differ', ({ platform }) => platform.token({ sub: 'kim', iat: seconds() + 20 }), 'kim'],
  ['nbf of the future', ({ platform }) => platform.token({ nbf: seconds() + 60 })],
  ['nbf as text', ({ platform }) => platform.token({ nbf: '0' })],
]

const PARTIES: Attack[] = [
  ['another audience', ({ platform }) => platform.token({ aud: 'others' })],
  ['no audience', ({ platform }) => platform.token({ aud: undefined })],
  ['an audience in other letters', ({ platform }) => platform.token({ aud: 'Munjigi' })],
  ['an audience that contains ours', ({ platform }) => platform.token({ aud: 'munjigi2' })],
  ['audiences without ours', ({ platform }) => platform.token({ aud: ['a', 'b'] })],
  ['an audience that is an object', ({ platform }) => platform.token({ aud: { munjigi: true } })],
  ['audiences within audiences', ({ platform }) => platform.token({ aud: [['munjigi']] })],
  ['audiences with ours', ({ platform }) => platform.token({ sub: 'kim', aud: ['a', 'munjigi'] }), 'kim'],
  ['azp where only audiences count', ({ platform }) => platform.token({ aud: 'x', azp: 'kakao-bot' })],
  ['another azp', ({ keycloak }) => keycloak.token({ azp: 'evil' })],
  ['azp as a list', ({ keycloak }) => keycloak.token({ azp: ['kakao-bot'] })],
  ['the client named, not in azp', ({ keycloak }) => keycloak.token({ client_id: 'kakao-bot' })],
  ['our client as azp', ({ keycloak }) => keycloak.token({ sub: 'kim', azp: 'kakao-bot' }), 'kim'],
  ['our audience at Keycloak', ({ keycloak }) => keycloak.token({ sub: 'kim', aud: 'account-of-ours' }), 'kim'],
]

const SUBJECTS: Attack[] = [
  ['no sub', ({ platform }) => platform.token({ sub: undefined })],
  ['a sub that is a number', ({ platform }) => platform.token({ sub: 7 })],
  ['a sub that is a list', ({ platform }) => platform.token({ sub: ['kim'] })],
  ['a sub that is an object', ({ platform }) => platform.token({ sub: { toString: 'kim' } })],
  ['an empty sub', ({ platform }) => platform.token({ sub: '' })],
  ['a sub with CRLF', ({ platform }) => platform.token({ sub: 'kim\r\nX-User-Sub: admin' })],
  ['a sub with a line feed', ({ platform }) => platform.token({ sub: 'a\nb' })],
  ['a sub with NUL', ({ platform }) => platform.token({ sub: 'kim\0' })],
  ['a sub with spaces around', ({ platform }) => platform.token({ sub: ' kim' })],
  ['a sub of 256', ({ platform }) => platform.token({ sub: 'x'.repeat(256) })],
  ['a sub of 255', ({ platform }) => platform.token({ sub: 'x'.repeat(255) }), 'x'.repeat(255)],
  ['a sub of one', ({ platform }) => platform.token({ sub: 'x' }), 'x'],
  ["a platform sub with another issuer's prefix", ({ platform }) => platform.token({ sub: 'partner|kim' })],
  [
    "a shared sub with another issuer's prefix",
    ({ keycloak }) => keycloak.token({ azp: 'kakao-bot', sub: 'partner|x' }),
  ],
  ['a platform sub with a bar of no issuer', ({ platform }) => platform.token({ sub: 'auth0|kim' }), 'auth0|kim'],
  ['an own sub', ({ partner }) => partner.token({ sub: 'kim' }), 'partner|kim'],
  ['an own sub of 247', ({ partner }) => partner.token({ sub: 'x'.repeat(247) }), `partner|${'x'.repeat(247)}`],
  ['an own sub that is too long behind its prefix', ({ partner }) => partner.token({ sub: 'x'.repeat(248) })],
  ['an own sub with the own prefix', ({ partner }) => partner.token({ sub: 'partner|kim' }), 'partner|partner|kim'],
]

const ISSUERS: Attack[] = [
  ['no iss', ({ platform }) => platform.token({ iss: undefined })],
  ['iss as a list', ({ platform }) => platform.token({ iss: [platform.issuer] })],
  ['an iss that is not trusted', ({ platform }) => platform.token({ iss: 'https://evil.example' })],
  ['an iss with a slash more', ({ platform }) => platform.token({ iss: `${platform.issuer}/` })],
  ['an iss named like a property of objects', ({ platform }) => platform.token({ iss: 'constructor' })],
  [
    "another issuer's key under the platform's name",
    ({ keycloak, platform }) => keycloak.token({ iss: platform.issuer }),
  ],
]

const RAW_HEADER = '{"alg":"RS256","kid":"raw","typ":"at+jwt"}'
const rawClaims = (member: string) =>
  `{"iss":"https://gateway.example","aud":"munjigi","sub":"kim","iat":${seconds()},"exp":${seconds() + 60},${member}}`

function hs256(platform: TestIssuer, format: 'pem' | 'jwk'): string {
  const jwk = platform.publishedKeys[0] ?? {}
  const pem = createPublicKey({ key: jwk as never, format: 'jwk' }).export({ format: 'pem', type: 'spki' })
  const input = `${base64({ alg: 'HS256', typ: 'at+jwt', kid: platform.kid })}.${base64(payloadOf(platform.token()))}`
  return `${input}.${createHmac('sha256', format === 'pem' ? pem : JSON.stringify(jwk))
    .update(input)
    .digest('base64url')}`
}

for (const [kind, attacks] of Object.entries({ ALGORITHMS, HEADERS, TYPES, TIMES, PARTIES, SUBJECTS, ISSUERS }))
  test(`what a token may say: ${kind.toLowerCase()}`, async (t) => {
    const house = await openHouse(t)
    for (const [what, token, answer = INVALID] of attacks)
      await t.test(`${what}: ${answer}`, async () => {
        const text = token(house)
        assert.equal(await answerOf(house.verifier, text), answer)
        // What was refused is not remembered as verified.
        if (/^\d/.test(answer)) assert.equal(house.verifier.remembered(text), undefined)
      })
  })

test('each algorithm verifies with its own kind of key and with no other', async (t) => {
  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    const issuer = await testIssuer({ algorithm })
    const listed = { people: 'shared', unknown_people: 'refuse' } as const
    const all: TrustedIssuer['algorithms'] = ['RS256', 'PS256', 'ES256', 'EdDSA']
    const verifier = createVerifier({
      issuers: [{ ...listed, issuer: issuer.issuer, algorithms: all, audiences: ['munjigi'] }],
    })
    t.after(() => Promise.all([verifier.close(), issuer.close()]))

    assert.equal(await answerOf(verifier, issuer.token({ sub: 'kim' })), 'kim', algorithm)
    for (const other of all.filter((name) => name !== algorithm)) {
      const [, claims, signature] = issuer.token({ sub: 'kim' }).split('.')
      const header = base64({ alg: other, typ: 'at+jwt', kid: issuer.kid })
      assert.equal(await answerOf(verifier, `${header}.${claims}.${signature}`), INVALID, `${algorithm} as ${other}`)
    }
  }
})

test('an ES256 signature is two numbers of 32 bytes and nothing else', async (t) => {
  const { partner, verifier } = await openHouse(t)
  const [header, claims, signature = ''] = partner.token({ sub: 'kim' }).split('.')
  const raw = Buffer.from(signature, 'base64url')
  const number = (bytes: Buffer) => Buffer.concat([Buffer.from([2, 33, 0]), bytes])
  const der = Buffer.concat([Buffer.from([0x30, 70]), number(raw.subarray(0, 32)), number(raw.subarray(32))])
  for (const other of [
    der,
    Buffer.alloc(64),
    Buffer.alloc(0),
    raw.subarray(0, 63),
    Buffer.concat([raw, raw]),
    randomBytes(64),
  ])
    assert.equal(await answerOf(verifier, `${header}.${claims}.${other.toString('base64url')}`), INVALID)

  assert.equal(await answerOf(verifier, `${header}.${claims}.${signature}`), 'partner|kim')
})

test('a changed character anywhere makes a token invalid', async (t) => {
  const { platform, verifier } = await openHouse(t)
  const token = platform.token({ sub: 'kim' })
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= ,~é\n'
  await fc.assert(
    fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...alphabet), async (at, character) => {
      const changed = token.slice(0, at) + character + token.slice(at + 1)
      assert.equal(await answerOf(verifier, changed), changed === token ? 'kim' : INVALID)
    }),
    { numRuns: 300 },
  )
  // Of the last character of 256 bytes only two bits count.
  for (const last of alphabet.replace(token.slice(-1), ''))
    assert.equal(await answerOf(verifier, token.slice(0, -1) + last), INVALID)
})

test('whatever text is sent, the answer is a refusal and never a fault of ours', async (t) => {
  const { verifier } = await openHouse(t)
  const part = fc.oneof(
    fc.string(),
    fc.json().map(base64),
    fc.constantFrom('', 'e30', 'bnVsbA', base64('{"alg":"RS256"}')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
      assert.equal(verifier.remembered(parts.join('.')), undefined)
      assert.equal(await answerOf(verifier, parts.join('.')), INVALID)
    }),
    { numRuns: 300 },
  )
})

test('a token of a megabyte is refused', async (t) => {
  const { platform, verifier } = await openHouse(t)

  assert.equal(await answerOf(verifier, platform.token({ filling: 'x'.repeat(1024 * 1024) })), INVALID)
})

test('a verified token is remembered until it ends', async (t) => {
  let now = Date.now()
  const { platform, verifier } = await openHouse(t, { clock: () => now })
  now = Date.now()
  const token = platform.token({ sub: 'kim', exp: Math.floor(now / 1000) + 60 })
  assert.equal(verifier.remembered(token), undefined)
  await verifier.verify(token)
  assert.equal(verifier.remembered(token)?.subject, 'kim')
  now += 91_000

  assert.equal(verifier.remembered(token), undefined)
  assert.equal(await answerOf(verifier, token), EXPIRED)
})

test('no other token is taken for a remembered one, however alike their signatures end', async (t) => {
  const { platform, verifier } = await openHouse(t)
  const token = platform.token({ sub: 'kim' })
  await verifier.verify(token)
  const end = token.slice(-100)

  for (const other of [end, token.slice(1), `x${token}`, `${platform.token().slice(0, -100)}${end}`]) {
    assert.equal(verifier.remembered(other), undefined)
    assert.equal(await answerOf(verifier, other), INVALID)
  }
  assert.equal(verifier.remembered(token)?.subject, 'kim')
})

test('the facts of a token: person, session, client and scope', async (t) => {
  const { platform, keycloak, partner, verifier } = await openHouse(t)
  const factsOf = async (token: string) => {
    const { sub, subject, sid, clientId, scope, issuer } = await verifier.verify(token)
    return { sub, subject, sid, clientId, scope, isPlatform: issuer.isPlatform }
  }
  const client = { sub: 'sa', sid: undefined, client_id: 'notice', azp: 'kakao-bot' }

  assert.deepEqual(await factsOf(platform.token({ sub: 'kim', sid: 's', scope: 'meal case:x' })), {
    ...{ sub: 'kim', subject: 'kim', sid: 's', clientId: undefined, scope: ['meal', 'case:x'], isPlatform: true },
  })
  assert.deepEqual(await factsOf(keycloak.token({ ...client, scope: 'openid' })), {
    ...{ sub: 'sa', subject: 'sa', sid: undefined, clientId: 'kakao-bot', scope: undefined, isPlatform: false },
  })
  assert.deepEqual(await factsOf(partner.token({ ...client, azp: undefined })), {
    ...{ sub: 'sa', subject: 'partner|sa', sid: undefined, clientId: 'notice', scope: undefined, isPlatform: false },
  })
  assert.equal((await factsOf(keycloak.token({ ...client, sid: 's' }))).clientId, undefined)
})

test('a signature alone is judged of a token of another type, and by the same keys', async (t) => {
  const { keycloak, partner, verifier } = await openHouse(t)
  const logout = keycloak.token({ typ: 'Logout', exp: 1, aud: 'elsewhere' }, { typ: 'logout+jwt' })
  keycloak.rotateKeys()
  const byANewKey = keycloak.token({ typ: 'Logout' })
  const { claims, header } = await verifier.verifySignature(logout)

  assert.deepEqual([claims.typ, claims.aud, header.typ], ['Logout', 'elsewhere', 'logout+jwt'])
  assert.equal((await verifier.verifySignature(byANewKey)).claims.typ, 'Logout')
  assert.equal(await answerOf(verifier, logout), INVALID)
  for (const forged of [`${logout.slice(0, -6)}AAAAAA`, partner.token({ iss: keycloak.issuer }), 'x.y.z'])
    await assert.rejects(verifier.verifySignature(forged), { status: 401, type: 'token-invalid' })
})

test('a scope of ours that is no text holds a token to nothing', async (t) => {
  const { platform, verifier } = await openHouse(t)

  for (const scope of [['meal'], {}, 7, null, true])
    assert.deepEqual((await verifier.verify(platform.token({ scope }))).scope, [], JSON.stringify(scope))
})

test('an issuer with people of its own and no name is no issuer', async (t) => {
  const { issuers } = await openHouse(t)
  const nameless = issuers.map(({ name: _name, ...issuer }) => issuer)

  assert.throws(() => createVerifier({ issuers: nameless }), /name/)
})
