import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'
import type { Mark } from './context.ts'

/** The table auth_contexts: what the last login of each profile made, sealed. */
export function contextStore(db: Kysely<Tables>) {
  const present = ({ profile_id, generation, login_number }: Mark) =>
    db
      .updateTable('auth_contexts')
      .where('profile_id', '=', profile_id)
      .where('generation', '=', generation)
      .where('login_number', '=', login_number)

  return {
    /** False where a newer one is kept. */
    async upsert({ profile_id, generation, login_number }: Mark, context: string): Promise<boolean> {
      const kept = { generation, login_number, context, refresh_begun: false }
      const row = await db
        .insertInto('auth_contexts')
        .values({ profile_id, ...kept })
        .onConflict((conflict) =>
          conflict
            .column('profile_id')
            .doUpdateSet({ ...kept, updated_at: sql`now()` })
            .where(
              sql<boolean>`(auth_contexts.generation, auth_contexts.login_number) < (${generation}, ${login_number})`,
            ),
        )
        .returning('profile_id')
        .executeTakeFirst()
      return row !== undefined
    },

    /** True for one caller: its refresh token is sent once, whatever becomes of the answer. */
    async beginRefresh(mark: Mark): Promise<boolean> {
      const query = present(mark).set({ refresh_begun: true }).where('refresh_begun', '=', false)
      return (await query.returning('profile_id').executeTakeFirst()) !== undefined
    },
    /** It was not sent after all. */
    async undoRefresh(mark: Mark): Promise<void> {
      await present(mark).set({ refresh_begun: false }).execute()
    },
    /** A refresh token that came with an answer that was of no use otherwise. */
    async keepSalvaged(mark: Mark, context: string): Promise<void> {
      await present(mark).set({ context, refresh_begun: false, updated_at: sql`now()` }).execute()
    },

    async removeBelow({ profile_id, generation }: Mark): Promise<void> {
      await db
        .deleteFrom('auth_contexts')
        .where('profile_id', '=', profile_id)
        .where('generation', '<', generation)
        .execute()
    },
  }
}

export type ContextStore = ReturnType<typeof contextStore>
