/** Every work once per round, in a new random order each round; the results by work. */
export async function interleave<T>(works: (() => Promise<T>)[], rounds: number): Promise<T[][]> {
  const results = works.map((): T[] => [])
  for (let round = 0; round < rounds; round += 1)
    for (const [index, work] of shuffled([...works.entries()])) results[index]?.push(await work())
  return results
}

function shuffled<T>(items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1))
    ;[items[last], items[other]] = [items[other] as T, items[last] as T]
  }
  return items
}
