import { figure, type Line, ratioOf, written } from '../report.ts'
import { interleave } from '../rounds.ts'
import type { Done } from '../work.ts'
import type { UserBench } from './user-table.ts'

const COUNT = 40
/** Until what runs for each is compiled, as it is on a day of work. */
const WARM_UP = 500

/**
 * The whole route, with session, audit line and tokens, beside the hash that it cannot do without; and beside it what else it
 * cannot do without, asking for nothing: three statements, two questions to the store, one signature.
 */
export async function measureLogins({ work, rounds }: UserBench): Promise<Line[]> {
  const works = (['logins', 'loginParts', 'argon2id'] as const).map(
    (name) => () => work<Done>({ work: name, count: COUNT }),
  )
  await work<Done>({ work: 'logins', count: WARM_UP })
  const results = await interleave(works, rounds)
  const [ours = [], parts = [], bare = []] = results.map((done) => done.map(({ cpuMicros }) => cpuMicros / 1_000))
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
