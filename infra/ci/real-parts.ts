import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const TESTING = fileURLToPath(new URL('../../packages/testing/src', import.meta.url))
/** Modules of the same package, as imports or as programs to start, and those that are for tests. */
const NAMES = /'(@munjigi\/testing\/[\w-]+|[\w./-]+\.ts)'/g

/** Whether this file, or one that it names, asks where a PostgreSQL, a Redis or a Keycloak is for tests. */
export function touchesRealParts(file: string, seen = new Set<string>()): boolean {
  if (seen.has(file) || !existsSync(file)) return false
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  if (text.includes('MUNJIGI_TEST_')) return true
  const named = [...text.matchAll(NAMES)].map(([, name = '']) =>
    name.startsWith('@') ? join(TESTING, `${basename(name)}.ts`) : resolve(dirname(file), name),
  )
  return named.some((path) => touchesRealParts(path, seen))
}
