import { createHash } from 'node:crypto'
import { siteOf } from '@munjigi/server/network'
import { memoryStore } from '@munjigi/store/memory'
import type { Limit, Store } from '@munjigi/store/store'
import { AccountTurns } from './account-turns.ts'
import { tooManyAttempts } from './problems.ts'

/** The first are free, then a second has to pass, two, four, at last a minute. */
const PER_ACCOUNT = { max: 5, windowMs: 3_600_000, beyond: { firstWaitMs: 1_000, longestWaitMs: 60_000 } }
const PER_ORIGIN = { max: 50, windowMs: 600_000 }
/** Of the 65,536 networks that one site may have: alone it neither uses up what all strangers have, nor for long with a few others. */
const PER_SITE = { max: 100, windowMs: 600_000 }
const ALTOGETHER = { max: 600, windowMs: 60_000 }

interface NewAttempt {
  email: string
  /** Of networkOf. */
  origin: string
  /** Whether this account has signed in from there lately: it is counted apart from strangers, who so cannot keep it out. */
  isKnown: boolean
}

/** Ends in one of three ways, before which the account's next ones may wait. */
interface Attempt {
  /** The password was right: the account's failures from there are forgotten. */
  succeed(): Promise<void>
  /** It was wrong, and stays counted. */
  fail(): void
  /** Nothing was tried: it counts for the account alone. */
  release(): Promise<void>
}

export interface AttemptLimits {
  /**
   * Counts an attempt before its password is looked at, so that of many at once no more are tried than of one after another.
   * @throws Problem 429 `too-many-attempts`
   */
  begin(attempt: NewAttempt): Promise<Attempt>
  close(): Promise<void>
}

/**
 * Failed attempts are limited per origin, strangers' also per site and altogether, and per account, which has to wait ever
 * longer and is never locked.
 */
export function attemptLimits(store: Store): AttemptLimits {
  const own = memoryStore()
  const turns = new AccountTurns()

  /** A store that is gone limits nobody any more and keeps nobody out: this process counts by itself meanwhile. */
  async function admit(limits: Limit[]): Promise<Store> {
    const [counter, leftMs] = await store.admit(limits).then(
      (leftMs) => [store, leftMs] as const,
      async () => [own, await own.admit(limits)] as const,
    )
    // Who tries one account on and on counts nowhere else, and keeps nobody else of their network out.
    if (leftMs !== undefined) throw tooManyAttempts(Math.ceil(leftMs / 1_000))
    return counter
  }

  return {
    async begin({ email, origin, isKnown }) {
      const side = isKnown ? 'known' : 'strangers'
      const account = { key: `login_tries:{${digest(email)}}:${isKnown ? origin : side}`, ...PER_ACCOUNT }
      const limits = limitsOf(origin, side)
      const end = await turns.take(account.key)
      const counter = await admit([...limits, account]).catch((error) => {
        end()
        throw error
      })
      const giveBack = (forgotten: string[]) =>
        counter
          .giveBack({ admitted: limits.map(({ key }) => key), forgotten })
          // What a store that is gone has counted ends with its time.
          .catch(() => {})
          .finally(end)
      return { fail: end, release: () => giveBack([]), succeed: () => giveBack([account.key]) }
    },
    close: own.close,
  }
}

function limitsOf(origin: string, side: 'known' | 'strangers'): Limit[] {
  const ofOrigin = { key: `login_tries:{origin ${origin}}:${side}`, ...PER_ORIGIN }
  // Whoever has an account and many addresses is known at all of them, and must keep nobody out either.
  if (side === 'known') return [ofOrigin]
  const altogether = { key: 'login_tries:{altogether}', ...ALTOGETHER }
  const site = siteOf(origin)
  return site === origin
    ? [ofOrigin, altogether]
    : [ofOrigin, { key: `login_tries:{site ${site}}`, ...PER_SITE }, altogether]
}

/** Nobody's e-mail stands in the store. */
const digest = (email: string): string => createHash('sha256').update(email).digest('base64url')
