import type { PersonRow } from '../people/person-rows.ts'
import { unknownCredential } from '../problems.ts'

export const EXCHANGED_TTL_S = 300

/** In seconds since 1970. */
export interface TokenTimes {
  iat: number
  exp: number
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

/** The earliest `iat` with which a token counts as carrying the person's current rights (DESIGN §4.6). */
export const earliestIat = (person: Pick<PersonRow, 'valid_from' | 'rights_changed_at'>): number =>
  Math.max(nowSeconds(), person.valid_from, person.rights_changed_at + 1)

/** The times of a token exchanged for another, which it never outlives. */
export function timesWithin({ exp }: { exp: number }): TokenTimes {
  const iat = nowSeconds()
  if (exp <= iat) throw unknownCredential()
  return { iat, exp: Math.min(exp, iat + EXCHANGED_TTL_S) }
}
