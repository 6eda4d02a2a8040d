import { createHmac } from 'node:crypto'
import { isSameText } from '@munjigi/sealing/same-text'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { RefreshKey } from '../keys/signing-key-rows.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { nowSeconds } from '../tokens/token-times.ts'

const TYPE = 'rt+jwt'
const MAX_LENGTH = 2048

const RefreshClaims = Type.Object({
  sub: Type.String({ minLength: 1 }),
  type: Type.Literal('refresh'),
  jti: Type.String({ minLength: 1 }),
  sid: Type.String({ minLength: 1 }),
  iat: Type.Integer(),
  exp: Type.Integer(),
})
export type RefreshClaims = Static<typeof RefreshClaims>
const refreshClaims = Compile(RefreshClaims)

/** The same facts under the same key give the same token to the byte, so that no token need be stored. */
export function signRefreshToken(facts: Omit<RefreshClaims, 'type'>, { kid, secret }: RefreshKey): string {
  const { sub, jti, sid, iat, exp } = facts
  const signed = `${encode({ alg: 'HS256', typ: TYPE, kid })}.${encode({ sub, type: 'refresh', jti, sid, iat, exp })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

/** The claims of a refresh token of ours that has not ended; undefined for anything else. */
export async function readRefreshToken(
  token: string,
  keys: Pick<SigningKeys, 'findRefresh'>,
): Promise<RefreshClaims | undefined> {
  if (token.length > MAX_LENGTH) return undefined
  const [header, claims] = token.split('.', 2).map(decode)
  const kid = (header as { kid?: unknown } | null | undefined)?.kid
  if (typeof kid !== 'string' || !refreshClaims.Check(claims)) return undefined
  const key = await keys.findRefresh(kid)
  // Signed anew and compared as a whole: these facts have one token, whatever else a header or claims could say.
  if (key === undefined || !isSameText(token, signRefreshToken(claims, key))) return undefined
  return claims.exp > nowSeconds() ? claims : undefined
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url')

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
