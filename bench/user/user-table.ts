import type { ChildProcess } from 'node:child_process'
import { ask, LOAD_CORE, start, startModule, stop, TESTED_CORE } from '../child.ts'
import { answering } from '../redis.ts'
import { print } from '../report.ts'
import { measureLimits } from './limit-lines.ts'
import { measureLogins } from './login-line.ts'
import { measurePages } from './page-lines.ts'
import { measureRecords, measureRefreshes } from './served-lines.ts'
import { measureTenancy } from './tenancy-lines.ts'
import type { UserLoad } from './user-load.ts'
import type { Assignment, House, Setup } from './works.ts'

const PREFIX = `bench:${process.pid}:`

/** What the lines of the table are measured with. */
export interface UserBench {
  rounds: number
  ms: number
  house: House
  /** The process under test. */
  process: ChildProcess
  work<Result>(assignment: Assignment): Promise<Result>
  load<Result>(load: UserLoad): Promise<Result>
}

/** Prints what people cost: signing in, staying in, being known, being listed; and the gateway's check of limits. */
export async function userTable(run: { rounds: number; ms: number; port: number }): Promise<void> {
  const tested = startModule(TESTED_CORE, new URL('works.ts', import.meta.url))
  const loading = startModule(LOAD_CORE, new URL('user-load.ts', import.meta.url))
  const redis = start(LOAD_CORE, 'redis-server', ['--port', String(run.port), '--save', '', '--appendonly', 'no'])
  try {
    const redisUrl = `redis://127.0.0.1:${run.port}`
    await answering(redisUrl, PREFIX)
    const setup: Setup = { redisUrl, prefix: PREFIX }
    const house = await ask<House>(tested, setup)
    const bench: UserBench = {
      ...run,
      house,
      process: tested,
      work: (assignment) => ask(tested, assignment),
      load: (load) => ask(loading, load),
    }
    await bench.load({ refreshTokens: house.refreshTokens })
    print([
      ...(await measureLogins(bench)),
      ...(await measureRefreshes(bench)),
      await measureRecords(bench),
      ...(await measureTenancy(bench)),
      ...(await measurePages(bench)),
      ...(await measureLimits(bench)),
    ])
    if (!house.isPostgres)
      process.stdout.write('All on PGlite, in the process itself: name a PostgreSQL in MUNJIGI_TEST_DATABASE_URL.\n')
  } finally {
    await Promise.all([tested, loading, redis].map(stop))
  }
}
