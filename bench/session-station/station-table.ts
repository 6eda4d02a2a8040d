import type { ChildProcess } from 'node:child_process'
import { ask, LOAD_CORE, start, startModule, stop, TESTED_CORE } from '../child.ts'
import { answering } from '../redis.ts'
import { figure, type Line, print, ratioOf, rounded, written } from '../report.ts'
import { interleave } from '../rounds.ts'
import type { Done } from '../work.ts'
import { measureCrowds } from './crowd-lines.ts'
import { measureMemory, measureRequests } from './proxy-lines.ts'
import type { Assignment, Setup, Station } from './station.ts'

const CONTEXTS = 20_000
const PAGES = 50
const PREFIX = `bench:${process.pid}:`

/** What the lines of the table are measured with. */
export interface StationBench {
  rounds: number
  ms: number
  redisUrl: string
  prefix: string
  station: Station
  /** The process under test. */
  process: ChildProcess
  outside: ChildProcess
  work<Result>(assignment: Assignment): Promise<Result>
}

/** Prints what logins outside cost: cached contexts, a crowd at a cold one, the proxy, lists of profiles. */
export async function stationTable(run: { rounds: number; ms: number; port: number }): Promise<void> {
  const outside = startModule(LOAD_CORE, new URL('outside.ts', import.meta.url))
  const process = startModule(TESTED_CORE, new URL('station.ts', import.meta.url))
  const redis = start(LOAD_CORE, 'redis-server', ['--port', String(run.port), '--save', '', '--appendonly', 'no'])
  try {
    const { port } = await new Promise<{ port: number }>((resolve) => outside.once('message', resolve))
    const redisUrl = `redis://127.0.0.1:${run.port}`
    await answering(redisUrl, PREFIX)
    const setup: Setup = { redisUrl, prefix: PREFIX, outside: `http://127.0.0.1:${port}` }
    const station = await ask<Station>(process, setup)
    const work = <Result>(assignment: Assignment) => ask<Result>(process, assignment)
    const bench: StationBench = { ...run, redisUrl, prefix: PREFIX, station, process, outside, work }
    print([
      await measureContexts(bench),
      ...(await measureCrowds(bench)),
      await measureRequests(bench),
      await measureMemory(bench),
      await measurePages(bench),
    ])
    if (station.databaseUrl === undefined)
      console.info('Callers in two processes: name a PostgreSQL in MUNJIGI_TEST_DATABASE_URL, PGlite is in one alone.')
  } finally {
    await Promise.all([process, outside, redis].map(stop))
  }
}

async function measureContexts({ work, rounds }: StationBench): Promise<Line> {
  const works = (['contexts', 'redis'] as const).map((name) => () => work<Done>({ work: name, count: CONTEXTS }))
  await interleave(works, 1)
  const [ours = [], bare = []] = (await interleave(works, rounds)).map((done) => done.map(({ cpuMicros }) => cpuMicros))
  return {
    what: 'CPU µs per contexts.headers(), cached',
    ours: written(figure(ours)),
    theirs: `Redis GET of it ${written(figure(bare))}`,
    ratio: ratioOf(ours, bare),
    goal: '≤ 3 ×',
  }
}

async function measurePages({ work, rounds, station }: StationBench): Promise<Line> {
  const page = () => work<Done>({ work: 'page', count: PAGES })
  await page()
  const [done = []] = await interleave([page], rounds)
  const ms = done.map(({ cpuMicros }) => cpuMicros / 1_000)
  return {
    what: `CPU ms per page of 100 among 10,000 profiles (${station.databaseUrl ? 'PostgreSQL' : 'PGlite in this process'})`,
    ours: written(figure(ms)),
    theirs: '–',
    ratio: '–',
    goal: `≤ ${rounded(10)} ms`,
  }
}
