import type { ExpiringEntries } from './expiring-entries.ts'
import { type Limit, type Store, waitKey } from './store.ts'

/** The counting of a Store in memory. */
export function memoryLimits(entries: ExpiringEntries): Pick<Store, 'admit' | 'giveBack'> {
  const countOf = (key: string) => Number(entries.find(key) ?? 0)

  function endOfWait({ key, max, beyond }: Limit): number | undefined {
    return countOf(key) < max ? undefined : entries.endOf(beyond === undefined ? key : waitKey(key))
  }

  function countOne({ key, max, windowMs, beyond }: Limit) {
    const before = entries.find(key)
    const count = Number(before ?? 0)
    if (before === undefined) entries.put(key, '1', windowMs)
    else entries.replaceValue(key, String(count + 1))
    if (beyond === undefined || count < max) return
    entries.put(waitKey(key), '1', Math.min(beyond.firstWaitMs * 2 ** (count - max), beyond.longestWaitMs))
  }

  return {
    async admit(limits) {
      for (const limit of limits) {
        const end = endOfWait(limit)
        if (end !== undefined) return Math.max(1, end - Date.now())
      }
      for (const limit of limits) countOne(limit)
    },
    async giveBack({ admitted, forgotten }) {
      for (const key of admitted) {
        const count = countOf(key)
        if (count > 0) entries.replaceValue(key, String(count - 1))
      }
      for (const key of forgotten.flatMap((each) => [each, waitKey(each)])) entries.delete(key)
    },
  }
}
