import { queue, Turns } from '@munjigi/turns'
import { tooManyAttempts } from './problems.ts'

/** The hash pool computes no more at once anyway. */
const AT_ONCE = 2
const MOST_WAITING = 64
const LATER_SECONDS = 1

/**
 * Attempts at one account wait for each other, so that each is judged by how the earlier ones ended: many right passwords at
 * once do not use up the limit, and many wrong ones do not get past it.
 */
export class AccountTurns {
  readonly #lanes = new Map<string, Turns<void>>()

  /** Resolves with a function that ends the turn. @throws Problem 429 `too-many-attempts` where too many wait */
  async take(account: string): Promise<() => void> {
    const lane = this.#lanes.get(account) ?? newLane()
    this.#lanes.set(account, lane)
    const pass = await lane.take()
    return () => {
      pass()
      if (lane.isIdle) this.#lanes.delete(account)
    }
  }
}

const newLane = () =>
  new Turns<void>(AT_ONCE, queue({ most: MOST_WAITING, refusal: () => tooManyAttempts(LATER_SECONDS) }))
