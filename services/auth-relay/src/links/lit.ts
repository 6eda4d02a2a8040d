import { createHmac, createSecretKey, randomUUID } from 'node:crypto'
import { jwtVerify } from 'jose'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'
import { invalidOrExpiredLink, missingRequiredClaims } from '../problems.ts'
import type { RelaySettings } from '../settings.ts'

const HEADER = { alg: 'HS256', typ: 'JWT' }
const CLOCK_LEEWAY_S = 5
const SLACK_MS = 60_000
// RFC 7515 §3.1, to the letter: the library reads past spaces, line ends and padding too.
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]{43}$/

const Claims = Type.Object({
  jti: Type.String({ minLength: 1 }),
  iat: Type.Integer(),
  exp: Type.Integer(),
  chatbot_user_id: Type.String({ minLength: 1 }),
  messenger_user_id: Type.Optional(Type.String({ minLength: 1 })),
  callback_url: Type.String({ minLength: 1 }),
  client_key: Type.String({ minLength: 1 }),
  redirect_after: Type.Optional(Type.String()),
  display_name: Type.Optional(Type.String()),
})
/** What a login link says; its times in whole seconds. */
export type Link = Static<typeof Claims>

/** How long a login may come by a link: one that is begun in its last second has as long again. */
export const lastLoginMs = (stateTtlSeconds: number): number => 2 * stateTtlSeconds * 1000 + SLACK_MS

/** What a chatbot asked for: a login of this person, to be brought there. */
type LoginRequest = Omit<Link, 'jti' | 'iat' | 'exp'>

export interface Links {
  issue(request: LoginRequest): string
  /** @throws Problem 400 `invalid-or-expired-link`, `missing-required-claims` */
  read(lit: string): Promise<Link>
}

/** Login initiation tokens (source 001): what a login link carries, signed by `JWT_SECRET`, for STATE_TTL_SECONDS. */
export function linksOf({ baseUrl, jwtSecret, stateTtlSeconds }: RelaySettings): Links {
  const key = createSecretKey(jwtSecret, 'utf8')
  const audience = `${baseUrl}/login`
  const expected = {
    algorithms: [HEADER.alg],
    issuer: baseUrl,
    audience,
    requiredClaims: ['iat', 'nbf', 'exp', 'jti'],
    clockTolerance: CLOCK_LEEWAY_S,
  }
  return {
    issue: (request) => {
      const now = Math.floor(Date.now() / 1000)
      const times = { iat: now, nbf: now, exp: now + stateTtlSeconds }
      const claims = { ...request, iss: baseUrl, aud: audience, ...times, jti: randomUUID() }
      const signed = `${encoded(HEADER)}.${encoded(claims)}`
      return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
    },
    async read(lit) {
      if (!COMPACT.test(lit)) throw invalidOrExpiredLink()
      const { payload, protectedHeader } = await jwtVerify(lit, key, expected).catch(() => {
        throw invalidOrExpiredLink()
      })
      // RFC 8725 §3.11: what calls itself something else is no link.
      if ((protectedHeader.typ ?? HEADER.typ) !== HEADER.typ) throw invalidOrExpiredLink()
      if (!Check(Claims, payload)) throw missingRequiredClaims()
      return payload
    },
  }
}

// RFC 7515 §7.1 by hand: jose signs on another thread, and a link then takes 1.37 × the CPU.
const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
