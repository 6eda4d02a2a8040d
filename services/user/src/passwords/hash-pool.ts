import { availableParallelism } from 'node:os'
import { queue, Turns } from '@munjigi/turns'
import { passwordsBusy } from './problems.ts'

/** Half of the threads that Node has for everything outside its event loop: files, DNS, cryptography. */
const MOST_AT_ONCE = 2
const MAX_WAITING = 64

/**
 * `stranger`: somebody at a network where the account has not signed in lately. Known people have a queue of their own and go
 * first.
 */
type Whose = 'known' | 'stranger'

export interface HashPool {
  /** @throws Problem 503 `passwords-busy` where the queue is full */
  run<Result>(whose: Whose, work: () => Promise<Result>): Promise<Result>
}

/** Lets few passwords be hashed at once, so that signing in cannot starve the rest of the process. */
export function hashPool(): HashPool {
  // On one core two at once empty each other's cache, and each takes a fifth more CPU.
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
