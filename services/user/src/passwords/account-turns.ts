import { queue, Turns } from '@munjigi/turns'
import { tooManyAttempts } from './problems.ts'

/** No more are computed at once anyway. */
const AT_ONCE = 2
const MOST_WAITING = 64
const LATER_SECONDS = 1

/**
 * Attempts at one account follow each other, so that each finds how the ones before it ended: of many right ones at once
 * none is refused for the others, and of many wrong ones no more are tried.
 */
export class AccountTurns {
  readonly #lanes = new Map<string, Turns<void>>()

  /** Resolves with what gives the turn back. @throws Problem 429 `too-many-attempts` where too many wait */
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
