import { ask, cpuSeconds, LOAD_CORE, startModule, stop } from '../child.ts'
import type { Outcome } from '../load.ts'
import { interleave } from '../rounds.ts'
import type { Contender } from './contenders/contender.ts'
import { type House, ISSUER } from './house.ts'
import type { TokenLoad } from './token-load.ts'

/** Figures of one round of one contender. */
export interface Round extends Outcome {
  cpuMicros: number
  perSecond: number
}

export interface Bench extends AsyncDisposable {
  readonly house: House
  readonly upstream: number
  readonly rounds: number
  readonly ms: number
  add<T extends Contender | undefined>(contender: T): T
  run(contender: Contender, load: Omit<TokenLoad, 'port' | 'path'>): Promise<Round>
  /** Every work once per round, in a new random order each round; the results by work. */
  interleave<T>(works: (() => Promise<T>)[], rounds?: number): Promise<T[][]>
}

export async function createBench(house: House, { rounds, ms }: { rounds: number; ms: number }): Promise<Bench> {
  const upstreamProcess = startModule(LOAD_CORE, new URL('upstream.ts', import.meta.url))
  const loadProcess = startModule(LOAD_CORE, new URL('token-load.ts', import.meta.url))
  const { port } = await ask<{ port: number }>(upstreamProcess, {
    jwks: { keys: [house.key.publicJwk] },
    issuer: ISSUER,
  })
  const contenders: Contender[] = []
  return {
    house,
    upstream: port,
    rounds,
    ms,
    add: (contender) => {
      if (contender !== undefined) contenders.push(contender)
      return contender
    },
    run: async ({ process: { pid = 0 }, port, path }, load) => {
      const before = cpuSeconds(pid)
      const outcome = await ask<Outcome>(loadProcess, { port, path, ...load })
      const cpuMicros = ((cpuSeconds(pid) - before) * 1e6) / outcome.done
      return { ...outcome, cpuMicros, perSecond: outcome.done / outcome.seconds }
    },
    interleave: (works, count = rounds) => interleave(works, count),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...contenders.map(({ process }) => process), upstreamProcess, loadProcess].map(stop))
    },
  }
}
