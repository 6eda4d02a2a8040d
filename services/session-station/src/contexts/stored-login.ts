import { setTimeout as delay } from 'node:timers/promises'
import type { SealedText } from '@munjigi/sealing/sealed-text'
import type { LoggedIn } from '../login/login-outcome.ts'
import type { Profile } from '../profiles/profile.ts'
import { type Context, contextKey, type Target } from './context.ts'
import type { ContextCache } from './context-cache.ts'
import type { Attempt, LoginRecords } from './login-records.ts'
import { newContext } from './new-context.ts'
import { sealContext } from './sealed-context.ts'

const TRIES = 3
const AGAIN_MS = 500

export type StoredLogins = ReturnType<typeof storedLogins>

/** Stores what a login made before it is cached or used: it may be the only copy of a refresh token that took another's place. */
export function storedLogins(records: LoginRecords, cache: ContextCache, sealing: SealedText, now: () => number) {
  /** What came and could not be stored: the target may not give it twice. */
  const unsaved = new Map<string, { attempt: Attempt; sealed: string }>()

  async function saveKept(target: Target): Promise<boolean> {
    const kept = unsaved.get(contextKey(target))
    if (!kept) return false
    const isStored = await storeTrying(kept.attempt, kept.sealed, TRIES)
    unsaved.delete(contextKey(target))
    return isStored
  }

  async function storeTrying(attempt: Attempt, sealed: string, tries: number): Promise<boolean> {
    try {
      return await records.succeeded(attempt, sealed)
    } catch (error) {
      if (tries === 1) throw error
      await delay(AGAIN_MS)
      return storeTrying(attempt, sealed, tries - 1)
    }
  }

  return {
    /** What an earlier call could not; false where there is nothing, or it is of no use any more. */
    saveKept,
    /** Undefined where the profile has changed, or a newer login has been stored. */
    async save(target: Target, profile: Profile, attempt: Attempt, result: LoggedIn, deaths: number) {
      const made_by = attempt.refresh_type === 'refresh' ? 'refresh' : 'login'
      const making = { login_number: attempt.login_number, made_by, deaths, now: now() } as const
      const context: Context = newContext(profile, result, making)
      unsaved.set(contextKey(target), { attempt, sealed: sealContext(sealing, target, context) })
      if (!(await saveKept(target))) return undefined
      await cache.put(target, context)
      return context
    },
  }
}
