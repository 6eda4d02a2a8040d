type Step = () => Promise<{ status: number; problem?: string | undefined }>

interface LoadOptions {
  callers: number
  /** What one caller does again and again. */
  stepsOf(): Step[]
  /** Something that takes a moment, asked while it is waited. */
  pace: () => Promise<unknown>
}

/** Callers without a pause; ends with everything that was not a success. */
export function load({ callers, stepsOf, pace }: LoadOptions) {
  const failures: string[] = []
  let [isOver, done] = [false, 0]
  const one = async (steps: Step[]) => {
    while (!isOver)
      for (const step of steps) {
        const { status, problem } = await step().catch((error: Error) => ({ status: 0, problem: String(error) }))
        if (status < 200 || status > 299) failures.push(`${status} ${problem}`)
        done += 1
      }
  }
  const all = Array.from({ length: callers }, () => one(stepsOf()))
  const untilDone = async (wanted: () => boolean) => {
    while (!wanted()) await pace()
  }
  return {
    done: () => done,
    untilDone,
    /** Resolves once many requests were answered while none reached the host that counts these. */
    async untilQuiet(requests: () => number) {
      let [seen, doneThen] = [requests(), done]
      await untilDone(() => {
        if (requests() !== seen) [seen, doneThen] = [requests(), done]
        return done > doneThen + 5 * callers
      })
    },
    async end() {
      isOver = true
      await Promise.all(all)
      return failures
    },
  }
}
