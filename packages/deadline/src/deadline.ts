const PARTS = 4

/**
 * Calls `expire` after `ms` of waiting; returns what calls it off. Time in which this process stood still counts as a quarter
 * at most, and what came meanwhile is read first, so that nobody is taken for silent because we were busy.
 */
export function deadline(ms: number, expire: () => void): () => void {
  let left = PARTS
  const timer = setTimeout(() => setImmediate(pass), ms / PARTS)
  function pass() {
    left -= 1
    if (left > 0) timer.refresh()
    else if (left === 0) expire()
  }
  return () => {
    left = 0
    clearTimeout(timer)
  }
}

/** Runs `work` with a signal that aborts it after `ms` of waiting. @throws what `work` does; aborted, a DOMException `TimeoutError` */
export async function inTime<Result>(ms: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const limit = new AbortController()
  const callOff = deadline(ms, () => limit.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')))
  return work(limit.signal).finally(callOff)
}

/** Resolves when `work` has ended, or after `ms` of waiting for it, whichever comes first. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: enough, resolve } = Promise.withResolvers<void>()
  const callOff = deadline(ms, resolve)
  await Promise.race([work, enough]).finally(callOff)
}
