import type { PersonSession } from '@munjigi/contracts/sessions'
import { isoTime } from '@munjigi/db/iso-time'
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'
import { nowSeconds } from '../tokens/token-times.ts'
import { deviceName } from './device.ts'

/** Where a person is signed in now; `current` is the session that asks. */
export async function listSessions(
  db: Kysely<Tables>,
  person_sub: string,
  current: string | undefined,
): Promise<PersonSession[]> {
  const rows = await db
    .selectFrom('sessions')
    .select(['sid', 'way', 'user_agent', 'address', isoTime('started_at'), isoTime('last_used_at')])
    .where('person_sub', '=', person_sub)
    .where('ended_at', 'is', null)
    .where('refresh_exp', '>', nowSeconds())
    .orderBy('sessions.last_used_at', 'desc')
    .orderBy('sid')
    .execute()
  return rows.map((row) => ({ ...row, device: deviceName(row.user_agent), current: row.sid === current }))
}
