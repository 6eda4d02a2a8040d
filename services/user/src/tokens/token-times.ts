import { unknownCredential } from '../problems.ts'
import { nowSeconds, type TokenTimes } from './access-token.ts'

export const EXCHANGED_TTL_S = 300

/** The times of a token exchanged for another, which it never outlives. */
export function timesWithin({ exp }: { exp: number }): TokenTimes {
  const iat = nowSeconds()
  if (exp <= iat) throw unknownCredential()
  return { iat, exp: Math.min(exp, iat + EXCHANGED_TTL_S) }
}
