import { figure, type Line, ratioOf, written } from '../report.ts'
import { interleave } from '../rounds.ts'
import type { Done } from '../work.ts'
import { served } from './served-lines.ts'
import type { UserBench } from './user-table.ts'

const COUNT = 40
const CONNECTIONS = 4
/** Until what runs for each is compiled, as it is on a day of work. */
const WARM_UP_MS = 8_000

/**
 * The whole route, with session, audit line and tokens, beside the hash that it cannot do without; and beside it what else it
 * cannot do without, asking for nothing: three statements, two questions to the store, one signature.
 */
export async function measureLogins(bench: UserBench): Promise<Line[]> {
  const asked = { work: 'logins', port: bench.house.port, connections: CONNECTIONS } as const
  await served(bench, { ...asked, ms: WARM_UP_MS })
  const [ours = [], parts = [], bare = []] = await interleave(
    [
      async () => 1_000 / (await served(bench, { ...asked, ms: bench.ms })).perCore,
      ...(['loginParts', 'argon2id'] as const).map(
        (work) => async () => (await bench.work<Done>({ work, count: COUNT })).cpuMicros / 1_000,
      ),
    ],
    bench.rounds,
  )
  const line = (what: string, measured: number[], goal: string): Line => ({
    what,
    ours: written(figure(measured)),
    theirs: `argon2id alone ${written(figure(bare))}`,
    ratio: ratioOf(measured, bare),
    goal,
  })
  return [
    line('CPU ms per login by password', ours, '≤ 1.1 ×'),
    line('CPU ms of its hash, signature and trips alone', parts, '–'),
  ]
}
