import { SCHEMA, SERVING_ROLE } from '@munjigi/chatbot/migrations/plan'
import type { UserMapTables } from '@munjigi/chatbot-sdk/postgres-user-map'
import type { Database } from '@munjigi/db/connect'
import { keyRing } from '@munjigi/sealing/fernet'

/** What the chatbot's database has of one chat, opened with its key. */
export function tokensAtRest(database: Database, tokenKey: string, chat: string) {
  const keys = keyRing(tokenKey)
  const find = () =>
    database
      .as<UserMapTables>(SERVING_ROLE)
      .withSchema(SCHEMA)
      .selectFrom('user_map')
      .select(['keycloak_sub', 'access_token', 'refresh_token'])
      .where('kakao_id', '=', chat)
      .executeTakeFirst()
  return {
    /** @throws Error unless there are two texts that the key opens */
    async read() {
      const { keycloak_sub: sub, access_token: sealed, refresh_token } = (await find()) ?? {}
      if (!sub || !sealed || !refresh_token) throw new Error('the chatbot keeps no tokens of this chat')
      return { sub, sealed, access_token: keys.open(sealed), refresh_token: keys.open(refresh_token) }
    },
    async areAbsent(): Promise<boolean> {
      const row = await find()
      return row === undefined || (row.access_token === null && row.refresh_token === null)
    },
  }
}
