import { isOneOf } from '@munjigi/sealing/same-text'
import type { Settings } from '../settings.ts'

/** A function that tells whether a header's value is one of the keys. */
export function internalKeyCheck(keys: Settings['internalKeys']): (given: unknown) => boolean {
  const isKey = isOneOf(keys.map(({ key }) => key))
  return (given) => typeof given === 'string' && isKey(given)
}
