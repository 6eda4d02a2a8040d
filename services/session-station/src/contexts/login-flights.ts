import type { Store } from '@munjigi/store/store'
import { contextKey, loginLockKey, type Target } from './context.ts'
import type { LoginNews } from './login-news.ts'
import type { LoginTurn, Outcome, Wish } from './login-turn.ts'
import { AWAY, type StoreOutage } from './store-outage.ts'

const LEASE_MS = 5_000
const LEASE_RENEWED_MS = 1_500
/** How often a lease is asked for again whose holder says nothing, since it may be dead. */
const LEASE_ASKED_MS = 1_000
export const LONGEST_WAIT_MS = 10_000

interface FlightDeps {
  store: Store
  outage: StoreOutage
  news: LoginNews
  turn: LoginTurn
}

export type LoginFlights = ReturnType<typeof loginFlights>

type Lease = NonNullable<Awaited<ReturnType<Store['lease']>>>

/** One login at a time for each target: in this process by joining, across processes by a lease. */
export function loginFlights({ store, outage, news, turn }: FlightDeps) {
  const flights = new Map<string, Promise<Outcome | undefined>>()

  /** Until it is this process's turn, or somebody else's login has ended; undefined where neither comes in `waitMs`. */
  async function fly(target: Target, wish: Wish, waitMs: number): Promise<Outcome | undefined> {
    const end = performance.now() + waitMs
    for (let leftMs = waitMs; leftMs > 0; leftMs = end - performance.now()) {
      const outcome = await tryOnce(target, wish, Math.min(LEASE_ASKED_MS, leftMs))
      if (outcome) return outcome
    }
    return undefined
  }

  async function tryOnce(target: Target, wish: Wish, waitMs: number): Promise<Outcome | undefined> {
    // Before the lease is asked for: what its holder says is not missed.
    const call = news.listen(target)
    try {
      const lease = await outage.attempt(() => store.lease(loginLockKey(target), LEASE_MS))
      // Without the store logins go on, one in each process.
      if (lease === AWAY) return await turn.take(target, wish)
      if (lease) return await withLease(lease, target, wish)
      return (await call.heardWithin(waitMs)) ? await turn.look(target, wish) : undefined
    } finally {
      call.close()
    }
  }

  async function withLease(lease: Lease, target: Target, wish: Wish): Promise<Outcome> {
    const beat = setInterval(() => void outage.attempt(() => lease.renew()), LEASE_RENEWED_MS)
    try {
      return await turn.take(target, wish)
    } finally {
      clearInterval(beat)
      await outage.attempt(() => lease.release())
      await news.tell(target)
    }
  }

  return {
    /** The flight to that target; begun by this call where there is none, and then it waits for another process no longer than `waitMs`. */
    join(target: Target, wish: Wish, waitMs: number): { isMine: boolean; landed: Promise<Outcome | undefined> } {
      const key = contextKey(target)
      const other = flights.get(key)
      if (other) return { isMine: false, landed: other }
      const landed = fly(target, wish, waitMs)
        .catch((failure: unknown): Outcome => ({ context: undefined, isNew: false, failure }))
        .finally(() => flights.delete(key))
      flights.set(key, landed)
      return { isMine: true, landed }
    },
    async close(): Promise<void> {
      await Promise.all(flights.values())
    },
  }
}
