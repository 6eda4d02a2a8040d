import { availableParallelism } from 'node:os'
import { Turns } from '@munjigi/turns'
import { FairLine } from '@munjigi/turns/fair-line'
import { passwordsBusy } from './problems.ts'

/** Half of the threads that Node has for everything outside its event loop: files, DNS, cryptography. */
const MOST_AT_ONCE = 2
const MAX_WAITING = 64
/** While strangers wait: one person may be known at very many addresses. */
const MOST_KNOWN_IN_A_ROW = 3

/**
 * `stranger`: somebody at a network where the account has not signed in lately. Known people have a queue of their own and go
 * first.
 */
type Kind = 'known' | 'stranger'
const KNOWN_FIRST = ['known', 'stranger'] as const
const STRANGERS_FIRST = ['stranger', 'known'] as const

interface Whose {
  kind: Kind
  /** The accounts of a kind take turns. */
  account: string
}

export interface HashPool {
  /** @throws Problem 503 `passwords-busy` where the queue of the kind is full, and nobody in it waits for more than this account */
  run<Result>(whose: Whose, work: () => Promise<Result>): Promise<Result>
}

/** Lets few passwords be hashed at once, so that signing in cannot starve the rest of the process. */
export function hashPool(): HashPool {
  // On one core two at once empty each other's cache, and each takes a fifth more CPU.
  const atOnce = Math.min(MOST_AT_ONCE, availableParallelism())
  const bound = { most: MAX_WAITING, refusal: passwordsBusy }
  const lines = { known: new FairLine(bound), stranger: new FairLine(bound) }
  let knownInARow = 0
  let strangersAtIt = 0

  function next() {
    // One at a time: what strangers make us compute may be a hundred times as dear.
    const isStrangersTurn = knownInARow >= MOST_KNOWN_IN_A_ROW && strangersAtIt === 0
    for (const kind of isStrangersTurn ? STRANGERS_FIRST : KNOWN_FIRST) {
      const waiter = lines[kind].next()
      if (waiter === undefined) continue
      knownInARow = kind === 'known' ? knownInARow + 1 : 0
      return waiter
    }
    return undefined
  }

  const turns = new Turns<Whose>(atOnce, {
    join: (waiter, { kind, account }) => lines[kind].join(waiter, account),
    next,
  })
  return {
    async run(whose, work) {
      const pass = await turns.take(whose)
      const strangers = whose.kind === 'stranger' ? 1 : 0
      strangersAtIt += strangers
      try {
        return await work()
      } finally {
        strangersAtIt -= strangers
        pass()
      }
    },
  }
}
