import type { Database } from '@munjigi/db/connect'
import { checkSealing } from '../sealing-check.ts'
import { servingHandle } from '../serving-handle.ts'
import type { StationSettings } from '../settings.ts'
import { resealAll } from './resealing.ts'

/** `munjigi-session-station rotate-keys`. Ends with 1 where something could not be opened: the old key is still needed. */
export async function rotateKeys(database: Database, { sealing }: Pick<StationSettings, 'sealing'>): Promise<number> {
  const db = servingHandle(database)
  await checkSealing(db, sealing)
  const { profiles, contexts, unreadable } = await resealAll(db, sealing)
  process.stdout.write(`Sealed anew under the first key: ${profiles} profiles, ${contexts} logins.\n`)
  for (const name of unreadable) process.stderr.write(`No key opens ${name}: it stays as it is.\n`)
  return unreadable.length === 0 ? 0 : 1
}
