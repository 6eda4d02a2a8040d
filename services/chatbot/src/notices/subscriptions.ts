import { type JoinBuilder, type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

/** What is refused so often on one day is left alone until the next. */
const MAX_TRIES_A_DAY = 5

export interface Subscriber {
  kakao_id: string
  keycloak_sub: string
}
export type Subscriptions = ReturnType<typeof subscriptions>

/** Who asked for the day's menus; of processes that claim at once each gets others. */
export function subscriptions(db: Kysely<Tables>) {
  return {
    /** Of the person whom the chat is linked to; undefined where that is nobody, or their login has ended. */
    insert: (kakao_id: string) =>
      db
        .insertInto('notice_subscriptions')
        .columns(['kakao_id', 'keycloak_sub'])
        .expression((eb) =>
          eb
            .selectFrom('user_map')
            .select(['kakao_id', 'keycloak_sub'])
            .where('kakao_id', '=', kakao_id)
            .where('refresh_token', 'is not', null),
        )
        .onConflict((row) =>
          row.column('kakao_id').doUpdateSet(({ ref }) => ({ keycloak_sub: ref('excluded.keycloak_sub') })),
        )
        .returning('kakao_id')
        .executeTakeFirst(),
    remove: (kakao_id: string) =>
      db.deleteFrom('notice_subscriptions').where('kakao_id', '=', kakao_id).returning('kakao_id').executeTakeFirst(),

    /** Some who are to be told on `day` and whose login lives; they count as told unless `release` says otherwise. */
    claimDue: (day: string, limit: number): Promise<Subscriber[]> =>
      db
        .with('due', (cte) =>
          cte
            .selectFrom('notice_subscriptions as subscription')
            .innerJoin('user_map', isOfOnePerson)
            .select(['subscription.kakao_id', 'subscription.keycloak_sub'])
            .where('user_map.refresh_token', 'is not', null)
            .where(({ or, and, eb }) =>
              or([
                eb('subscription.last_day', '<', day),
                and([
                  eb('subscription.last_day', '=', day),
                  eb('subscription.is_told', '=', false),
                  eb('subscription.tries', '<', MAX_TRIES_A_DAY),
                  eb('subscription.try_after', '<=', sql<Date>`now()`),
                ]),
              ]),
            )
            .limit(limit)
            .forUpdate('subscription')
            .skipLocked(),
        )
        .updateTable('notice_subscriptions')
        .from('due')
        .whereRef('notice_subscriptions.kakao_id', '=', 'due.kakao_id')
        .set({
          last_day: day,
          is_told: true,
          tries: sql`case when last_day = ${day}::date then tries + 1 else 1 end`,
        })
        .returning(['due.kakao_id', 'due.keycloak_sub'])
        .execute(),
    /** Whether who was claimed still wants it, here and under this name. */
    isWanted: async ({ kakao_id, keycloak_sub }: Subscriber): Promise<boolean> =>
      (await db
        .selectFrom('notice_subscriptions as subscription')
        .innerJoin('user_map', isOfOnePerson)
        .select('subscription.kakao_id')
        .where('subscription.kakao_id', '=', kakao_id)
        .where('subscription.keycloak_sub', '=', keycloak_sub)
        .where('user_map.refresh_token', 'is not', null)
        .executeTakeFirst()) !== undefined,
    /** They were not told after all, and are due again after a minute for each try. */
    async release(kakao_id: string, day: string): Promise<void> {
      await db
        .updateTable('notice_subscriptions')
        .set({ is_told: false, try_after: sql`now() + tries * interval '1 minute'` })
        .where('kakao_id', '=', kakao_id)
        .where('last_day', '=', day)
        .execute()
    },
  }
}

/** A chat may have gone to another person, who asked for nothing. */
const isOfOnePerson = (
  join: JoinBuilder<Tables & { subscription: Tables['notice_subscriptions'] }, 'subscription' | 'user_map'>,
) =>
  join
    .onRef('user_map.kakao_id', '=', 'subscription.kakao_id')
    .onRef('user_map.keycloak_sub', '=', 'subscription.keycloak_sub')
