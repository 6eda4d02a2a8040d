import { type Context, contextKey, type Target } from './context.ts'
import { type Cached, type ContextCache, contextOf } from './context-cache.ts'
import type { LoginRecords } from './login-records.ts'

/** A change that did not reach the store, because its writer died or was cut off, is seen within this time. */
const CONFIRMED_EACH_MS = 10_000

interface ConfirmingDeps {
  records: LoginRecords
  cache: ContextCache
  now: () => number
  inBackground: (work: Promise<unknown>) => void
}

/** What is cached, held against the database before its first use in a process, and now and then while it is used. */
export function confirmedContexts({ records, cache, now, inBackground }: ConfirmingDeps) {
  const confirming = new Map<string, Promise<boolean>>()

  /** Whether the database still has the profile that it was made from; an answer that cannot be had is yes. */
  function confirm(target: Target, cached: Cached): Promise<boolean> {
    const key = contextKey(target)
    const asked = confirming.get(key) ?? askDatabase(target, cached).finally(() => confirming.delete(key))
    confirming.set(key, asked)
    return asked
  }

  async function askDatabase(target: Target, cached: Cached): Promise<boolean> {
    const profile = await records.findMark(target).catch(() => 'unknown' as const)
    const { profile_id, generation } = cached.kept
    const isPresent =
      profile === 'unknown' ||
      (profile?.profile_id === profile_id && profile.generation === generation && profile.status !== 'inactive')
    if (isPresent) cache.confirm(target, cached)
    else await cache.remove(target)
    return isPresent
  }

  return {
    /** What has not ended; one read of the store. */
    async find(target: Target): Promise<Context | undefined> {
      const cached = await cache.find(target)
      const context = contextOf(cached)
      if (!cached || !context || context.expires_at <= now()) return undefined
      const confirmedAt = cache.confirmedAt(cached)
      if (confirmedAt === undefined) return (await confirm(target, cached)) ? context : undefined
      if (now() - confirmedAt > CONFIRMED_EACH_MS) inBackground(confirm(target, cached))
      return context
    },
  }
}
