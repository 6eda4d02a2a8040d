import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Problem } from '@munjigi/problem'
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose'
import { testSettings } from '../settings.fixture.ts'
import { linksOf } from './lit.ts'

const { jwtSecret: SECRET, baseUrl: BASE } = testSettings()
const links = linksOf(testSettings())
const wanted = {
  chatbot_user_id: '카카오-😀',
  callback_url: 'https://bot.example.com/users/callback',
  client_key: 'kakao-bot',
  redirect_after: '/done',
  messenger_user_id: '1234567890',
}

const now = () => Math.floor(Date.now() / 1000)
const claims = (change: Record<string, unknown> = {}) => ({
  iss: BASE,
  aud: `${BASE}/login`,
  iat: now(),
  nbf: now(),
  exp: now() + 600,
  jti: 'a-link',
  ...wanted,
  ...change,
})
const signed = (payload: Record<string, unknown>, header: Record<string, string> = {}, secret = SECRET) =>
  new SignJWT(payload)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', ...header })
    .sign(new TextEncoder().encode(secret))

const isRefused = (type: string) => (error: Problem) => {
  assert.deepEqual([error.status, error.type, error.detail], [400, type, type.replaceAll('-', '_')])
  return true
}

test('a link says what was asked for, from when until when, and is never the same twice', async () => {
  const [first, second] = [links.issue(wanted), links.issue(wanted)]
  const { iss, aud, iat = 0, nbf, exp, jti, ...fields } = decodeJwt(first)

  assert.deepEqual(fields, wanted)
  assert.deepEqual([iss, aud, nbf, exp], [BASE, `${BASE}/login`, iat, iat + 600])
  assert.notEqual(jti, decodeJwt(second).jti)
  assert.equal(decodeProtectedHeader(first).alg, 'HS256')
  assert.deepEqual(await links.read(first), decodeJwt(first))
})

test('times count with 5 s of leeway', async (t) => {
  const lit = links.issue(wanted)
  t.mock.timers.enable({ apis: ['Date'], now: (decodeJwt(lit).exp ?? 0) * 1000 + 4_000 })
  await links.read(lit)
  t.mock.timers.tick(1_000)
  await assert.rejects(links.read(lit), isRefused('invalid-or-expired-link'))
  await links.read(await signed(claims({ nbf: now() + 5 })))
  await assert.rejects(signed(claims({ nbf: now() + 6 })).then(links.read), isRefused('invalid-or-expired-link'))
})

test('what this relay did not sign as a link is none', async () => {
  const good = await signed(claims())
  await links.read(good)
  const [header = '', payload = '', signature = ''] = good.split('.')
  const other = Buffer.from(JSON.stringify(claims({ chatbot_user_id: 'other' }))).toString('base64url')
  const forged = [
    await signed(claims(), {}, 'another-secret-of-somebody-else-1'),
    await signed(claims(), { typ: 'at+jwt' }),
    await signed(claims(), { alg: 'HS512' }),
    await signed(claims({ iss: 'https://other.example.com' })),
    await signed(claims({ aud: BASE })),
    new UnsecuredJWT(claims()).encode(),
    `${header}.${other}.${signature}`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${good}.x`,
    `${good}=`,
    `${good} `,
    `${good}\n`,
    `${header}.${payload}.${signature.slice(0, 20)}\r\n${signature.slice(20)}`,
    'x'.repeat(100_000),
    'a.b.c',
    '',
  ]
  for (const lit of forged)
    await assert.rejects(links.read(lit), isRefused('invalid-or-expired-link'), lit.slice(0, 80))
})

test('a link need not say that it is a JWT', async () => {
  const bare = new SignJWT(claims()).setProtectedHeader({ alg: 'HS256' })

  assert.equal((await links.read(await bare.sign(new TextEncoder().encode(SECRET)))).jti, 'a-link')
})

test('a relay elsewhere, or with another secret, does not take it', async () => {
  const lit = links.issue(wanted)
  for (const change of [{ baseUrl: `${BASE}/relay` }, { jwtSecret: 'z9Y8x7W6v5U4t3S2r1Q0p9O8n7M6l5K4' }])
    await assert.rejects(linksOf(testSettings(change)).read(lit), isRefused('invalid-or-expired-link'))
})

test('a link without times or number is none', async () => {
  for (const name of ['iat', 'nbf', 'exp', 'jti', 'iss', 'aud'])
    await assert.rejects(
      signed(claims({ [name]: undefined })).then(links.read),
      isRefused('invalid-or-expired-link'),
      name,
    )
})

test('a link that says too little says what it lacks', async () => {
  for (const name of ['chatbot_user_id', 'callback_url', 'client_key'])
    for (const value of [undefined, '', 7, null])
      await assert.rejects(
        signed(claims({ [name]: value })).then(links.read),
        isRefused('missing-required-claims'),
        name,
      )
})
