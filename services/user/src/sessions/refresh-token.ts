import { jwtVerify, SignJWT } from 'jose'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/value'
import type { RefreshKey } from '../keys/signing-key-rows.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'

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

/** The same facts under the same key give the same token, letter by letter, so that none need be stored. */
export const signRefreshToken = ({ sub, jti, sid, iat, exp }: Omit<RefreshClaims, 'type'>, key: RefreshKey) =>
  new SignJWT({ sub, type: 'refresh', jti, sid, iat, exp })
    .setProtectedHeader({ alg: 'HS256', typ: TYPE, kid: key.kid })
    .sign(key.secret)

/** The claims of a refresh token of ours that has not ended; undefined for anything else. */
export async function readRefreshToken(
  token: string,
  keys: Pick<SigningKeys, 'findRefresh'>,
): Promise<RefreshClaims | undefined> {
  const kid = kidOf(token)
  const key = kid === undefined ? undefined : await keys.findRefresh(kid)
  if (key === undefined) return undefined
  const options = { algorithms: ['HS256'], typ: TYPE, currentDate: new Date() }
  const verified = await jwtVerify(token, key.secret, options).catch(() => undefined)
  return Check(RefreshClaims, verified?.payload) ? (verified?.payload as RefreshClaims) : undefined
}

function kidOf(token: string): string | undefined {
  if (token.length > MAX_LENGTH) return undefined
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
    const { kid } = header as { kid?: unknown }
    return typeof kid === 'string' ? kid : undefined
  } catch {
    return undefined
  }
}
