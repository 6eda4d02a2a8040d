import type { Insertable, Kysely, Selectable, Updateable } from 'kysely'
import type { Tables } from '../tables.ts'

export type ProfileRow = Selectable<Tables['auth_profiles']>
export type NewProfileRow = Insertable<Tables['auth_profiles']>
export type ProfileRowChange = Updateable<Tables['auth_profiles']>

/** Of a row whose last login went well, or whose owner has mended it. */
export const NOTHING_FAILED = { failures: 0, outages: 0, retry_at: null, last_error: null }

/** The table auth_profiles. Whose a row is stands in every `where`. */
export function profileStore(db: Kysely<Tables>) {
  const rows = db.selectFrom('auth_profiles').selectAll()
  return {
    find: (user_id: string, service_id: string): Promise<ProfileRow | undefined> =>
      rows.where('user_id', '=', user_id).where('service_id', '=', service_id).executeTakeFirst(),

    /** Oldest first, after the row `after`. */
    list: (user_id: string, { after = 0, limit }: { after?: number; limit: number }): Promise<ProfileRow[]> =>
      rows.where('user_id', '=', user_id).where('id', '>', after).orderBy('id').limit(limit).execute(),

    async count(user_id: string): Promise<number> {
      const counted = db.selectFrom('auth_profiles').where('user_id', '=', user_id)
      return (await counted.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow()).count
    },

    /** Undefined where the owner has a profile of that service. */
    insert: (row: NewProfileRow): Promise<ProfileRow | undefined> =>
      db
        .insertInto('auth_profiles')
        .values(row)
        .onConflict((conflict) => conflict.constraint('auth_profiles__user_service').doNothing())
        .returningAll()
        .executeTakeFirst(),

    /** Undefined where the row has gone, or another generation of it came first. */
    update: (id: number, generation: number, change: ProfileRowChange): Promise<ProfileRow | undefined> =>
      db
        .updateTable('auth_profiles')
        .set(change)
        .where('id', '=', id)
        .where('generation', '=', generation)
        .returningAll()
        .executeTakeFirst(),

    /** What was removed, or undefined. */
    remove: (user_id: string, service_id: string): Promise<ProfileRow | undefined> =>
      db
        .deleteFrom('auth_profiles')
        .where('user_id', '=', user_id)
        .where('service_id', '=', service_id)
        .returningAll()
        .executeTakeFirst(),
  }
}
