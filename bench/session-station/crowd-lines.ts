import { randomUUID } from 'node:crypto'
import { ask, LOAD_CORE, startModule, stop, TESTED_CORE } from '../child.ts'
import { figure, type Line, written } from '../report.ts'
import type { CallersSetup, Crowd, Waits } from './callers.ts'
import type { Seen } from './outside.ts'
import { LOGIN_MS } from './profile.ts'
import type { StationBench } from './station-table.ts'

const CALLERS = 1_000

/** A crowd at a profile that nobody has used, half of it in each of two processes; nothing where they cannot share a database. */
export async function measureCrowds(bench: StationBench): Promise<Line[]> {
  const { databaseUrl, key } = bench.station
  if (databaseUrl === undefined) return []
  const setup: CallersSetup = { databaseUrl, redisUrl: bench.redisUrl, prefix: bench.prefix, key }
  const module = new URL('callers.ts', import.meta.url)
  const processes = [TESTED_CORE, LOAD_CORE].map((core) => startModule(core, module))
  try {
    await Promise.all(processes.map((process) => ask(process, setup)))
    const logins: number[] = []
    const beyond: number[] = []
    let failed = 0
    // One round more than is counted: the processes connect in the first.
    for (let round = 0; round <= bench.rounds; round += 1) {
      const service_id = `cold-${randomUUID()}`
      await bench.work({ work: 'cold', service_id })
      await ask<Seen>(bench.outside, {})
      const crowd: Crowd = { sub: bench.station.headers['x-user-sub'] as string, service_id, callers: CALLERS / 2 }
      const waits = await Promise.all(processes.map((process) => ask<Waits>(process, crowd)))
      const seen = await ask<Seen>(bench.outside, {})
      if (round === 0) continue
      logins.push(seen.logins)
      beyond.push(Math.max(...waits.map(({ longestMs }) => longestMs)) - LOGIN_MS)
      failed += waits.reduce((sum, wait) => sum + wait.failed, 0)
    }
    return [
      {
        what: `${CALLERS} callers in two processes, cold profile`,
        ours: `${written(figure(logins))} logins, ${failed} refused`,
        theirs: `longest wait beyond the login of ${LOGIN_MS} ms: ${written(figure(beyond))} ms`,
        ratio: '–',
        goal: '1 login, ≤ 1000 ms',
      },
    ]
  } finally {
    await Promise.all(processes.map(stop))
  }
}
