import { Secret, TOTP } from 'otpauth'
import type { ExtractionRule } from '../profiles/profile.ts'

const BASE32 = /^[A-Z2-7]{8,}$/

// As people copy them: lower case, in groups, padded.
const plainSecret = (text: string): string => text.toUpperCase().replaceAll(/[\s-]/g, '').replace(/=+$/, '')

export const isTotpSecret = (text: string): boolean => BASE32.test(plainSecret(text))

/**
 * RFC 6238: the code at `at` (epoch ms by our clock, to which the rule's drift is added) and the number of its time step.
 * Undefined where the rule's value is no base32 secret.
 */
export function oneTimeCode(rule: ExtractionRule, at: number): { code: string; step: number } | undefined {
  const secret = String(rule.value ?? '')
  if (!isTotpSecret(secret)) return undefined
  const { digits = 6, period = 30, algorithm = 'SHA1', drift = 0 } = rule
  const totp = new TOTP({ secret: Secret.fromBase32(plainSecret(secret)), digits, period, algorithm })
  const timestamp = at + drift * 1000
  return { code: totp.generate({ timestamp }), step: totp.counter({ timestamp }) }
}
