import { cpuSeconds } from '../child.ts'
import { figure, type Line, ratioOf, written } from '../report.ts'
import { interleave } from '../rounds.ts'
import type { Done } from '../work.ts'
import type { Answered, UserLoad } from './user-load.ts'
import type { UserBench } from './user-table.ts'

const CONNECTIONS = 16
const SIGNATURES = 500
const WARM_UP_MS = 10_000

const databaseOf = ({ house }: UserBench): string => (house.isPostgres ? 'PostgreSQL' : 'PGlite in this process')

/** Rotations of many sessions, against what signing their access tokens takes. */
export async function measureRefreshes(bench: UserBench): Promise<Line[]> {
  const asked = { work: 'refreshes', port: bench.house.port, connections: CONNECTIONS } as const
  await served(bench, { ...asked, ms: WARM_UP_MS })
  const [ours = [], bare = []] = await interleave(
    [
      () => served(bench, { ...asked, ms: bench.ms }),
      async () => {
        const { cpuMicros, seconds, done } = await bench.work<Done>({ work: 'signatures', count: SIGNATURES })
        return { perCore: 1e6 / cpuMicros, perSecond: done / seconds }
      },
    ],
    bench.rounds,
  )
  const perCore = ours.map((round) => round.perCore)
  const signatures = bare.map((round) => round.perCore)
  return [
    {
      what: `refreshes per second and core of the service, ${databaseOf(bench)}`,
      ours: written(figure(perCore)),
      theirs: `RS256 signatures ${written(figure(signatures))}`,
      ratio: ratioOf(perCore, signatures),
      goal: '≥ 1000/s',
    },
    {
      what: 'the same by the clock, database and load on the other core',
      ours: written(figure(ours.map(({ perSecond }) => perSecond))),
      theirs: '–',
      ratio: '–',
      goal: '–',
    },
  ]
}

/** What a gateway waits for at somebody's first request in 5 s, against a request that needs nothing. */
export async function measureRecords(bench: UserBench): Promise<Line> {
  const { port, size } = bench.house
  const asked = { port, connections: CONNECTIONS } as const
  const record = { ...asked, work: 'records', people: size.people } as const
  const nothing = { ...asked, work: 'nothing' } as const
  for (const each of [record, nothing]) await served(bench, { ...each, ms: WARM_UP_MS })
  const results = await interleave(
    [record, nothing].map((each) => () => served(bench, { ...each, ms: bench.ms })),
    bench.rounds,
  )
  const [ours = [], bare = []] = results.map((rounds) => rounds.map(({ perCore }) => 1e6 / perCore))
  return {
    what: `CPU µs per access record, ${databaseOf(bench)}`,
    ours: written(figure(ours)),
    theirs: `GET /healthz ${written(figure(bare))}`,
    ratio: ratioOf(ours, bare),
    goal: '≤ 200 µs',
  }
}

/** What the service is asked over HTTP by the other core: how often it is answered per second, and per second of CPU. */
export async function served(
  { process: { pid = 0 }, load }: UserBench,
  asked: Exclude<UserLoad, { refreshTokens: string[] }>,
) {
  const before = cpuSeconds(pid)
  const { done, failed, seconds } = await load<Answered>(asked)
  if (failed > 0) throw new Error(`${failed} of ${done} requests of the bench failed`)
  return { perCore: done / (cpuSeconds(pid) - before), perSecond: done / seconds }
}
