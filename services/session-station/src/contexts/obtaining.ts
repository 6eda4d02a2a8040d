import { loginInProgress } from '../problems.ts'
import { type Context, isNewer, type Target } from './context.ts'
import { LONGEST_WAIT_MS, type LoginFlights } from './login-flights.ts'
import { isEnding } from './login-state.ts'
import type { Outcome, Wish } from './login-turn.ts'

/** For what is to replace a context that is still good. */
const WAIT_WHILE_GOOD_MS = 2_000

export interface Found {
  context: Context
  /** False for who logged in. */
  fromCache: boolean
}

interface Obtaining extends Wish {
  /** Good, and answered where nothing newer is to be had in time. */
  older?: Context | undefined
  /** Whether one that is not newer will do where a login fails. */
  takesOlder: boolean
}

/** Joins flights until one brings what is wished for. */
export function obtaining(flights: LoginFlights, now: () => number) {
  const waiting = new Set<() => void>()

  /** @throws loginInProgress where all who wait are told */
  function unlessTold<Result>(work: Promise<Result>): Promise<Result> {
    const { promise: told, reject } = Promise.withResolvers<never>()
    const tell = () => reject(loginInProgress())
    waiting.add(tell)
    return Promise.race([work, told]).finally(() => waiting.delete(tell))
  }

  async function tryOnce(target: Target, wish: Obtaining, waitMs: number): Promise<Found | undefined> {
    // What is good is worth a whole flight; whoever has nothing waits no longer for others than they would as one of them.
    const { isMine, landed } = flights.join(target, wish, wish.older ? LONGEST_WAIT_MS : waitMs)
    // Who logs in waits for the target; the others, and who has something good, no longer than that.
    const outcome = await unlessTold(isMine && !wish.older ? landed : within(landed, waitMs))
    return outcome && foundIn(outcome, wish, isMine, now())
  }

  async function obtain(target: Target, wish: Obtaining): Promise<Found> {
    const limitMs = wish.older ? WAIT_WHILE_GOOD_MS : LONGEST_WAIT_MS
    const end = performance.now() + limitMs
    for (let leftMs = limitMs; leftMs > 0; leftMs = end - performance.now()) {
      const found = await tryOnce(target, wish, leftMs)
      if (found) return found
    }
    if (wish.older && wish.older.expires_at > now()) return { context: wish.older, fromCache: true }
    throw loginInProgress()
  }

  return {
    obtain,
    /** That their login is under way, whoever makes it. */
    tellAll(): void {
      for (const tell of waiting) tell()
    },
  }
}

/** Undefined where it was another's wish that came true. @throws the failure */
function foundIn(outcome: Outcome, wish: Obtaining, isMine: boolean, now: number): Found | undefined {
  const { context, isNew, failure } = outcome
  const isGood = context && (isNew || context.expires_at > now)
  if (isGood && isNewer(context, wish.newerThan)) return { context, fromCache: !(isNew && isMine) }
  if (failure === undefined) return undefined
  const substitute = context ?? wish.older
  if (!wish.takesOlder || isEnding(failure) || !substitute || substitute.expires_at <= now) throw failure
  return { context: substitute, fromCache: true }
}

/** Undefined where it takes longer. */
async function within<Result>(work: Promise<Result>, ms: number): Promise<Result | undefined> {
  const { promise: over, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, Math.max(0, ms), undefined)
  return Promise.race([work, over]).finally(() => clearTimeout(timer))
}
