import { figure, type Line, written } from '../report.ts'
import { interleave } from '../rounds.ts'
import type { Done } from '../work.ts'
import type { UserBench } from './user-table.ts'

const CHECKS = 1_000_000

/** What a limit costs a request at the gateway, who comes being read too. */
export async function measureLimits({ work, rounds }: UserBench): Promise<Line[]> {
  const works = (['limits', 'networkLimits'] as const).map((name) => () => work<Done>({ work: name, count: CHECKS }))
  await interleave(works, 1)
  const results = await interleave(works, rounds)
  return ['people', 'IPv6 addresses'].map((callers, index) => ({
    what: `gateway: CPU µs per check of a limit, 500 ${callers}`,
    ours: written(figure((results[index] ?? []).map(({ cpuMicros }) => cpuMicros))),
    theirs: '–',
    ratio: '–',
    goal: '≤ 2 µs',
  }))
}
