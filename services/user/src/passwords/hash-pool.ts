import { availableParallelism } from 'node:os'
import { passwordsBusy } from './problems.ts'

/** Half of the threads that Node shares among everything that waits outside its event loop. */
const MOST_AT_ONCE = 2
const MAX_WAITING = 64

/** `stranger`: who guesses from where the account never signed in. Everybody else goes first and waits elsewhere. */
type Whose = 'known' | 'stranger'

export interface HashPool {
  /** @throws Problem 503 where too many of the kind wait already */
  run<Result>(whose: Whose, work: () => Promise<Result>): Promise<Result>
}

/** Turns for what is dear to compute, so that signing in cannot take the process from everybody else. */
export function hashPool(): HashPool {
  const waiting: Record<Whose, (() => void)[]> = { known: [], stranger: [] }
  // On one core they would empty each other's cache, which makes each of two a fifth dearer.
  const atOnce = Math.min(MOST_AT_ONCE, availableParallelism())
  let running = 0
  return {
    async run(whose, work) {
      if (running < atOnce) running += 1
      else await turn(waiting[whose])
      try {
        return await work()
      } finally {
        const next = waiting.known.shift() ?? waiting.stranger.shift()
        // Whoever waited takes the place over.
        if (next) next()
        else running -= 1
      }
    },
  }
}

function turn(queue: (() => void)[]): Promise<void> {
  if (queue.length >= MAX_WAITING) throw passwordsBusy()
  return new Promise((resolve) => queue.push(resolve))
}
