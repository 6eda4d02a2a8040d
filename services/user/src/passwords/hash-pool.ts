import { availableParallelism } from 'node:os'
import { queue, Turns } from '@munjigi/turns'
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
  // On one core they would empty each other's cache, which makes each of two a fifth dearer.
  const atOnce = Math.min(MOST_AT_ONCE, availableParallelism())
  const bound = { most: MAX_WAITING, refusal: passwordsBusy }
  const queues = { known: queue(bound), stranger: queue(bound) }
  const turns = new Turns<Whose>(atOnce, {
    join: (waiter, whose) => queues[whose].join(waiter, whose),
    next: () => queues.known.next() ?? queues.stranger.next(),
  })
  return {
    async run(whose, work) {
      const pass = await turns.take(whose)
      try {
        return await work()
      } finally {
        pass()
      }
    },
  }
}
