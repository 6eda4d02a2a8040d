import { isToken } from '../injection/header-rules.ts'
import type { ExtractionRule } from '../profiles/profile.ts'
import { PathFault, parsePath } from './body-path.ts'
import { isTotpSecret } from './one-time-code.ts'
import { selectorFault } from './selector.ts'

type Fault = { field: 'key_path' | 'value'; message: string }
/** Without `value` where it is kept sealed and was not entered anew: then it was checked when it was. */
type SavedRule = Pick<ExtractionRule, 'source' | 'key_path' | 'value'>

/** What keeps a path from being one; undefined where nothing does. */
export function pathFault(path: string): string | undefined {
  try {
    parsePath(path)
    return undefined
  } catch (error) {
    if (error instanceof PathFault) return `character ${error.position}: ${error.message}`
    throw error
  }
}

/** What is wrong with a rule when it is saved. */
export function extractionFaults(rule: SavedRule): Fault[] {
  const faults: (Fault | undefined)[] = [keyPathFault(rule), valueFault(rule)]
  return faults.filter((fault) => fault !== undefined)
}

function keyPathFault({ source, key_path }: SavedRule): Fault | undefined {
  const message = keyPathMessage(source, key_path ?? '')
  return message ? { field: 'key_path', message } : undefined
}

function keyPathMessage(source: SavedRule['source'], path: string): string | undefined {
  if (source === 'body' && path !== '') return pathFault(path)
  if (source === 'html') return selectorFault(path)
  if (source === 'header' || source === 'cookie')
    return isToken(path) ? undefined : `the name of a ${source} is expected`
  return undefined
}

function valueFault({ source, value }: SavedRule): Fault | undefined {
  if (value === undefined || value === null) return undefined
  if (source === 'totp' && !isTotpSecret(String(value)))
    return { field: 'value', message: 'a secret in base32 is expected: A-Z and 2-7, at least 8' }
  // RFC 7617 §2.
  if (source === 'basic' && !/^[^:\p{Cc}]*:\P{Cc}*$/u.test(String(value)))
    return { field: 'value', message: 'user:password is expected, without control characters' }
  return undefined
}
