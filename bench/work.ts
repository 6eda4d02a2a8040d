/** What one run of a work came to: how often it was done, seconds taken, CPU of this process in microseconds each. */
export interface Done {
  done: number
  seconds: number
  cpuMicros: number
}

/** Does something `count` times, `atOnce` of them at a time, and takes the CPU of this whole process for it. */
export async function repeat(count: number, atOnce: number, work: (index: number) => unknown): Promise<Done> {
  let next = 0
  const line = async () => {
    while (next < count) await work(next++)
  }
  const cpu = process.cpuUsage()
  const begun = performance.now()
  await Promise.all(Array.from({ length: atOnce }, line))
  const seconds = (performance.now() - begun) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  return { done: count, seconds, cpuMicros: (user + system) / count }
}
