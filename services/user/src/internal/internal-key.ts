import { isSameText } from '@munjigi/sealing/same-text'
import type { Settings } from '../settings.ts'

/** Compared with every key, so that the time does not tell which it was. */
export const isInternalKey = (keys: Settings['internalKeys'], given: unknown): boolean =>
  typeof given === 'string' && keys.filter(({ key }) => isSameText(given, key)).length > 0
