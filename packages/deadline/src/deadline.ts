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
