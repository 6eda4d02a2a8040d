import { figure, type Line, ratioOf, written } from '../report.ts'
import { interleave } from '../rounds.ts'
import type { Done } from '../work.ts'
import type { UserBench } from './user-table.ts'

const COUNT = 40
/** Until what runs for each is compiled, as it is on a day of work. */
const WARM_UP = 500

/** The whole route, with session, audit line and tokens, beside the hash that it cannot do without. */
export async function measureLogins({ work, rounds }: UserBench): Promise<Line> {
  const works = (['logins', 'argon2id'] as const).map((name) => () => work<Done>({ work: name, count: COUNT }))
  await work<Done>({ work: 'logins', count: WARM_UP })
  const results = await interleave(works, rounds)
  const [ours = [], bare = []] = results.map((done) => done.map(({ cpuMicros }) => cpuMicros / 1_000))
  return {
    what: 'CPU ms per login by password',
    ours: written(figure(ours)),
    theirs: `argon2id alone ${written(figure(bare))}`,
    ratio: ratioOf(ours, bare),
    goal: '≤ 1.1 ×',
  }
}
