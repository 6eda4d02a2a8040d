import { setTimeout as wait } from 'node:timers/promises'
import { oneTimeCode } from '../extraction/one-time-code.ts'
import type { ExtractionRule } from '../profiles/profile.ts'
import type { Fields } from './filled.ts'
import { LoginError } from './login-error.ts'

const PERIOD_SECONDS = 30

export interface OneTimeCodes {
  /** Codes of the `totp` rules named, after a wait for the next time step where the present one's was sent. */
  next(names: ReadonlySet<string>, at: { clockSkewMs: number; deadline: number }): Promise<Fields>
  /** By name of a rule when the step of the last code sent ends. */
  used: Record<string, number>
}

/** RFC 6238 §5.2: a code is sent once. Where a rule states no drift, the target's clock is believed. */
export function oneTimeCodes(
  rules: ExtractionRule[],
  before: Record<string, number>,
  { now, signal }: { now: () => number; signal?: AbortSignal | undefined },
): OneTimeCodes {
  const used = { ...before }

  async function code(rule: ExtractionRule, at: { clockSkewMs: number; deadline: number }): Promise<Fields> {
    const periodMs = (rule.period ?? PERIOD_SECONDS) * 1000
    const skewMs = rule.drift === undefined ? at.clockSkewMs : 0
    const targetTime = () => now() + skewMs + (rule.drift ?? 0) * 1000
    const left = () => (used[rule.name] ?? 0) - targetTime()
    // More than a step ahead: of another clock or period than the rule's now. A timer may be early by a millisecond.
    for (let leftMs = left(); leftMs > 0 && leftMs <= periodMs; leftMs = left()) {
      if (now() + leftMs > at.deadline) {
        throw new LoginError(
          'rate-limited',
          'the one-time code was sent before and the next one comes too late',
          leftMs,
        )
      }
      await wait(leftMs, undefined, { signal })
    }
    const made = oneTimeCode(rule, now() + skewMs)
    if (!made) return {}
    used[rule.name] = (made.step + 1) * periodMs
    return { [rule.name]: made.code }
  }

  return {
    used,
    async next(names, at) {
      const codes: Fields = {}
      for (const rule of rules) {
        if (rule.source === 'totp' && names.has(rule.name)) Object.assign(codes, await code(rule, at))
      }
      return codes
    },
  }
}
