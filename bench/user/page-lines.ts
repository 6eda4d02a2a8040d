import { figure, type Line, written } from '../report.ts'
import type { PageTime } from './pages.ts'
import type { UserBench } from './user-table.ts'

/** The page of each list that takes the database longest. */
export async function measurePages({ work, rounds, house }: UserBench): Promise<Line[]> {
  await work({ work: 'pages', count: 1 })
  const lists = new Map<string, Map<string, number[]>>()
  for (let round = 0; round < rounds; round += 1)
    for (const { list, page, ms } of await work<PageTime[]>({ work: 'pages', count: 1 })) {
      const pages = lists.get(list) ?? new Map<string, number[]>()
      lists.set(list, pages.set(page, [...(pages.get(page) ?? []), ms]))
    }
  const { people, events } = house.size
  process.stdout.write(`Lists among ${people} people and ${events} lines of the audit log.\n`)
  return [...lists].map(([list, pages]) => {
    const figures = [...pages].map(([page, times]) => ({ page, time: figure(times) }))
    const worst = figures.reduce((slowest, each) => (each.time.median > slowest.time.median ? each : slowest))
    return {
      what: `database ms of the slowest page of ${list}, of ${figures.length}`,
      ours: written(worst.time),
      theirs: worst.page,
      ratio: '–',
      goal: '≤ 20 ms',
    }
  })
}
