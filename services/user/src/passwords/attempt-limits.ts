import { createHash } from 'node:crypto'
import { siteOf } from '@munjigi/server/network'
import { memoryStore } from '@munjigi/store/memory'
import type { Store } from '@munjigi/store/store'
import { AccountTurns } from './account-turns.ts'
import { tooManyAttempts } from './problems.ts'

const ACCOUNT = { free: 5, memoryMs: 3_600_000, firstWaitMs: 1_000, longestWaitMs: 60_000 }
const PER_ORIGIN = { max: 50, windowMs: 600_000 }
/** Of the 65,536 networks that one site may have: alone it neither uses up what all strangers have, nor for long with a few others. */
const PER_SITE = { max: 100, windowMs: 600_000 }
const ALTOGETHER = { max: 600, windowMs: 60_000 }

type Counter = Pick<Store, 'get' | 'count' | 'remove'>

interface Window {
  key: string
  max: number
  windowMs: number
}

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
  return {
    async begin({ email, origin, isKnown }) {
      const counter = withFallback(store, own)
      const side = isKnown ? 'known' : 'strangers'
      const account = `login_tries:{${digest(email)}}:${isKnown ? origin : side}`
      const counted: Window[] = []
      const end = await turns.take(account)
      const release = async () => {
        await Promise.all(counted.map(({ key, windowMs }) => counter.count(key, -1, windowMs)))
      }
      try {
        for (const window of windowsOf(origin, side)) {
          const { count, endsInMs } = await counter.count(window.key, 1, window.windowMs)
          counted.push(window)
          if (count > window.max) throw refused(endsInMs)
        }
        await countForAccount(counter, account)
      } catch (error) {
        // Nothing was guessed: who tries one account on and on keeps nobody else of their network out.
        await release().finally(end)
        throw error
      }
      return {
        fail: end,
        release: () => release().finally(end),
        succeed: async () => {
          await Promise.all([release(), counter.remove(account), counter.remove(waitKey(account))]).finally(end)
        },
      }
    },
    close: own.close,
  }
}

function windowsOf(origin: string, side: 'known' | 'strangers'): Window[] {
  const ofOrigin = { key: `login_tries:{origin ${origin}}:${side}`, ...PER_ORIGIN }
  // Whoever has an account and many addresses is known at all of them, and must keep nobody out either.
  if (side === 'known') return [ofOrigin]
  const altogether = { key: 'login_tries:{altogether}', ...ALTOGETHER }
  const site = siteOf(origin)
  // The narrow first: what it refuses is never seen by the wider.
  return site === origin
    ? [ofOrigin, altogether]
    : [ofOrigin, { key: `login_tries:{site ${site}}`, ...PER_SITE }, altogether]
}

async function countForAccount(counter: Counter, account: string): Promise<void> {
  const before = Number((await counter.get(account)) ?? 0)
  if (before >= ACCOUNT.free) await takeTurn(counter, account, before)
  const { count } = await counter.count(account, 1, ACCOUNT.memoryMs)
  // Many at once read the same number; each has one of its own by now.
  if (before < ACCOUNT.free && count > ACCOUNT.free) throw refused(ACCOUNT.firstWaitMs)
}

/** Lets one through and makes those after it wait: a second, two, four, at last a minute. */
async function takeTurn(counter: Counter, account: string, tries: number): Promise<void> {
  const waitMs = Math.min(ACCOUNT.firstWaitMs * 2 ** (tries - ACCOUNT.free), ACCOUNT.longestWaitMs)
  const { count, endsInMs } = await counter.count(waitKey(account), 1, waitMs)
  if (count > 1) throw refused(endsInMs)
}

/** A store that is gone limits nobody any more and keeps nobody out: this process counts by itself meanwhile. */
function withFallback(store: Counter, own: Counter): Counter {
  let inUse = store
  const either =
    <Arguments extends unknown[], Answer>(call: (counter: Counter, ...given: Arguments) => Promise<Answer>) =>
    (...given: Arguments): Promise<Answer> =>
      call(inUse, ...given).catch(() => {
        inUse = own
        return call(own, ...given)
      })
  return {
    get: either((counter, key: string) => counter.get(key)),
    count: either((counter, key: string, step: number, ttlMs: number) => counter.count(key, step, ttlMs)),
    remove: either((counter, key: string) => counter.remove(key)),
  }
}

const waitKey = (account: string): string => `${account}:wait`

const refused = (endsInMs: number) => tooManyAttempts(Math.max(1, Math.ceil(endsInMs / 1_000)))

/** Nobody's e-mail stands in the store. */
const digest = (email: string): string => createHash('sha256').update(email).digest('base64url')
