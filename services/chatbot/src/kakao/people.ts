import type { MessengerNames } from '@munjigi/chatbot-sdk/messenger-names'
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export interface KakaoPeople extends MessengerNames {
  remember(kakaoId: string, appUserId: string): Promise<void>
}

/** What the connected app calls people, whom this bot knows by another name: Kakao's unlink webhook names them so. */
export function kakaoPeople(db: Kysely<Tables>): KakaoPeople {
  return {
    async remember(kakao_id, app_user_id) {
      const known = await db
        .selectFrom('kakao_people')
        .select('app_user_id')
        .where('kakao_id', '=', kakao_id)
        .executeTakeFirst()
      if (known?.app_user_id === app_user_id) return
      await db
        .insertInto('kakao_people')
        .values({ kakao_id, app_user_id })
        .onConflict((row) => row.column('kakao_id').doUpdateSet({ app_user_id }))
        .execute()
    },
    async chatsOf(appUserId) {
      const rows = await db.selectFrom('kakao_people').select('kakao_id').where('app_user_id', '=', appUserId).execute()
      return rows.map(({ kakao_id }) => kakao_id)
    },
    async forget(kakaoId) {
      await db.deleteFrom('kakao_people').where('kakao_id', '=', kakaoId).execute()
    },
  }
}
