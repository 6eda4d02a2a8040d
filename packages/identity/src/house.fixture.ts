import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import type { TestContext } from 'node:test'
import { Problem } from '@munjigi/problem'
import { type TestIssuer, testIssuer } from '@munjigi/testing/issuer'
import { platformIssuer, type TrustedIssuer } from './issuers.ts'
import { createVerifier, type Verifier } from './verifier.ts'

export const seconds = () => Math.floor(Date.now() / 1000)
export const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
export const payloadOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

export interface House {
  platform: TestIssuer
  keycloak: TestIssuer
  partner: TestIssuer
  verifier: Verifier
  issuers: TrustedIssuer[]
}

/** Our own user service, a shared issuer found by discovery and one with people of its own, and who verifies their tokens. */
export async function openHouse(t: TestContext, options: { clock?: () => number } = {}): Promise<House> {
  const [platform, keycloak, partner] = await Promise.all([
    testIssuer({ issuer: 'https://gateway.example' }),
    testIssuer(),
    testIssuer({ algorithm: 'ES256' }),
  ])
  platform.publishedKeys.push({ ...rawKey.publicKey.export({ format: 'jwk' }), kid: 'raw', alg: 'RS256', use: 'sig' })
  const further = { unknown_people: 'refuse', isPlatform: false } as const
  const issuers: TrustedIssuer[] = [
    platformIssuer({ issuer: platform.issuer, audience: 'munjigi', jwksUri: platform.jwksUri }),
    {
      ...further,
      issuer: keycloak.issuer,
      algorithms: ['RS256'],
      audiences: ['account-of-ours'],
      authorized_parties: ['kakao-bot'],
      people: 'shared',
    },
    {
      ...further,
      issuer: partner.issuer,
      jwks_uri: partner.jwksUri,
      algorithms: ['ES256', 'EdDSA'],
      audiences: ['munjigi'],
      people: 'own',
      name: 'partner',
    },
  ]
  const verifier = createVerifier({ issuers, ...options })
  t.after(async () => {
    verifier.close()
    await Promise.all([platform.close(), keycloak.close(), partner.close()])
  })
  await verifier.prefetch()
  return { platform, keycloak, partner, verifier, issuers }
}

/** The subject, or `<status> <problem type>`. */
export const answerOf = (verifier: Verifier, token: string): Promise<string> =>
  verifier.verify(token).then(
    ({ subject }) => subject,
    (error) => {
      assert.ok(error instanceof Problem, String(error))
      return `${error.status} ${error.type}`
    },
  )

export const INVALID = '401 token-invalid'
export const EXPIRED = '401 token-expired'

const rawKey = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A token whose header and claims are written as they are given, honestly signed by the platform's key `raw`. */
export function rawToken(header: string, claims: string): string {
  const input = `${base64(header)}.${base64(claims)}`
  return `${input}.${sign('sha256', Buffer.from(input), rawKey.privateKey).toString('base64url')}`
}
