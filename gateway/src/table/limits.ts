import type { LimitsEntry } from './services-schema.ts'

type LimitedBy = 'person' | 'key' | 'address'

/** How often one caller may come, wherever this stands in the file. */
export interface Limit {
  /** The place and the settings: what was counted under it goes on across a reload that changes neither. */
  readonly id: string
  readonly perSecond: number
  readonly burst: number
  readonly by: LimitedBy
}

/** What an entry says, or undefined where it says nothing of its own. */
export function limitOf(entry: LimitsEntry | undefined, place: string, isOpen: boolean): Limit | undefined {
  if (entry === undefined) return undefined
  const { requests_per_second: perSecond, burst = Math.ceil(perSecond), by = isOpen ? 'address' : 'person' } = entry
  return { id: JSON.stringify([place, perSecond, burst, by]), perSecond, burst, by }
}

/** `limits: 5/s, 10 at once, by address`. */
export const limitText = ({ perSecond, burst, by }: Limit): string => `limits: ${perSecond}/s, burst ${burst}, by ${by}`
