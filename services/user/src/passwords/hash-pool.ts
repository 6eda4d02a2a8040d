import { passwordsBusy } from '../problems.ts'

/** Half of the threads that Node shares among everything that waits outside its event loop. */
const AT_ONCE = 2
const MAX_WAITING = 64

export interface HashPool {
  /** @throws Problem 503 where too many wait already */
  run<Result>(work: () => Promise<Result>): Promise<Result>
}

/** Turns for what is dear to compute, so that signing in cannot take the process from everybody else. */
export function hashPool(): HashPool {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    async run(work) {
      if (running < AT_ONCE) running += 1
      else await turn()
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        // Whoever waited takes the place over.
        if (next) next()
        else running -= 1
      }
    },
  }

  function turn(): Promise<void> {
    if (waiting.length >= MAX_WAITING) throw passwordsBusy()
    return new Promise((resolve) => waiting.push(resolve))
  }
}
