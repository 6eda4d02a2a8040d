import { tooManyAttempts } from './problems.ts'

/** No more are computed at once anyway. */
const AT_ONCE = 2
const MOST_WAITING = 64
const LATER_SECONDS = 1

interface Lane {
  running: number
  waiting: (() => void)[]
}

/**
 * Attempts at one account follow each other, so that each finds how the ones before it ended: of many right ones at once
 * none is refused for the others, and of many wrong ones no more are tried.
 */
export class AccountTurns {
  readonly #lanes = new Map<string, Lane>()

  /** Resolves with what gives the turn back. @throws Problem 429 `too-many-attempts` where too many wait */
  async take(account: string): Promise<() => void> {
    const lane = this.#lanes.get(account) ?? { running: 0, waiting: [] }
    this.#lanes.set(account, lane)
    if (lane.waiting.length >= MOST_WAITING) throw tooManyAttempts(LATER_SECONDS)
    if (lane.running < AT_ONCE) lane.running += 1
    else await new Promise<void>((begin) => lane.waiting.push(begin))
    return () => this.#passOn(account, lane)
  }

  #passOn(account: string, lane: Lane): void {
    const next = lane.waiting.shift()
    if (next !== undefined) {
      next()
      return
    }
    lane.running -= 1
    if (lane.running === 0) this.#lanes.delete(account)
  }
}
