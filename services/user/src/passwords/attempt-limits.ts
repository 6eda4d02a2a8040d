import { createHash } from 'node:crypto'
import { siteOf } from '@munjigi/server/network'
import { memoryStore } from '@munjigi/store/memory'
import type { Limit, Store } from '@munjigi/store/store'
import { AccountTurns } from './account-turns.ts'
import { tooManyAttempts } from './problems.ts'

/** Five failures are free. Then the next attempt has to wait 1 s, 2 s, 4 s and so on, up to a minute. */
const PER_ACCOUNT = { max: 5, windowMs: 3_600_000, beyond: { firstWaitMs: 1_000, longestWaitMs: 60_000 } }
const PER_ORIGIN = { max: 50, windowMs: 600_000 }
/** A site may have 65,536 networks. So limited, one cannot use up what all strangers share, and a few together not for long. */
const PER_SITE = { max: 100, windowMs: 600_000 }
const ALTOGETHER = { max: 600, windowMs: 60_000 }

interface NewAttempt {
  email: string
  /** As `networkOf` gives it. */
  origin: string
  /**
   * Whether the account has signed in from there lately. It is then counted apart from strangers, so that they cannot keep it
   * out.
   */
  isKnown: boolean
}

/** Has to be ended in one of three ways: the account's next attempts may be waiting for it. */
interface Attempt {
  /** The password was right: the account's failures from there are forgotten. */
  succeed(): Promise<void>
  /** It was wrong, and stays counted. */
  fail(): void
  /** Nothing was tried: it stays counted for the account alone. */
  release(): Promise<void>
}

export interface AttemptLimits {
  /**
   * Counts an attempt before its password is verified, so that many at once get no further than one after another.
   * @throws Problem 429 `too-many-attempts`
   */
  begin(attempt: NewAttempt): Promise<Attempt>
  close(): Promise<void>
}

/**
 * Limits failed attempts: per account, which has to wait ever longer but is never locked out, per origin and, of strangers,
 * also per site and altogether.
 */
export function attemptLimits(store: Store): AttemptLimits {
  const own = memoryStore()
  const turns = new AccountTurns()

  /** While the store is gone this process counts by itself, so that sign-ins go on and are still limited. */
  async function admit(limits: Limit[]): Promise<Store> {
    const [counter, leftMs] = await store.admit(limits).then(
      (leftMs) => [store, leftMs] as const,
      async () => [own, await own.admit(limits)] as const,
    )
    // A refused attempt is counted nowhere, so whoever keeps trying one account does not use up the limit of their whole network.
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
          // Counts left in a store that is gone expire by themselves.
          .catch(() => {})
          .finally(end)
      return { fail: end, release: () => giveBack([]), succeed: () => giveBack([account.key]) }
    },
    close: own.close,
  }
}

function limitsOf(origin: string, side: 'known' | 'strangers'): Limit[] {
  const ofOrigin = { key: `login_tries:{origin ${origin}}:${side}`, ...PER_ORIGIN }
  // Shared limits count strangers alone: somebody who is known at many addresses could use them up for everybody.
  if (side === 'known') return [ofOrigin]
  const altogether = { key: 'login_tries:{altogether}', ...ALTOGETHER }
  const site = siteOf(origin)
  return site === origin
    ? [ofOrigin, altogether]
    : [ofOrigin, { key: `login_tries:{site ${site}}`, ...PER_SITE }, altogether]
}

/** So that no e-mail address is in the store. */
const digest = (email: string): string => createHash('sha256').update(email).digest('base64url')
