import { figure, type Line, ratioOf, written } from '../report.ts'
import { interleave } from '../rounds.ts'
import type { Done } from '../work.ts'
import type { UserBench } from './user-table.ts'
import type { Assignment } from './works.ts'

interface Compared {
  what: string
  ours: Assignment['work']
  theirs: Assignment['work']
  count: number
}

const COMPARED: Compared[] = [
  { what: 'a person', ours: 'personUnderTenant', theirs: 'personUnbound', count: 400 },
  { what: 'a page of 50 people', ours: 'pageUnderTenant', theirs: 'pageUnbound', count: 100 },
]

/** The same query in one transaction each, by the clock: under row-level security, and as somebody whom it does not hold. */
export async function measureTenancy({ work, rounds }: UserBench): Promise<Line[]> {
  const lines: Line[] = []
  for (const { what, count, ...names } of COMPARED) {
    const works = [names.ours, names.theirs].map((name) => () => work<Done>({ work: name, count }))
    await interleave(works, 1)
    const results = await interleave(works, rounds)
    const [ours = [], bare = []] = results.map((runs) => runs.map(({ seconds, done }) => (seconds * 1e6) / done))
    lines.push({
      what: `µs for ${what} in withTenant`,
      ours: written(figure(ours)),
      theirs: `without tenancy ${written(figure(bare))}`,
      ratio: ratioOf(ours, bare),
      goal: '≤ 1.5 ×',
    })
  }
  return lines
}
