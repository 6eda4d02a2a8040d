import { randomUUID } from 'node:crypto'
import { type Chatbot, createChatbot } from '@munjigi/chatbot-sdk/chatbot'
import { postgresUserMap, type UserMapTables } from '@munjigi/chatbot-sdk/postgres-user-map'
import { newLink } from '@munjigi/chatbot-sdk/tokens-at-rest'
import type { UserMap } from '@munjigi/chatbot-sdk/user-map'
import { userMapMigrations } from '@munjigi/chatbot-sdk/user-map-migrations'
import { keyRing } from '@munjigi/sealing/fernet'
import { memoryStore } from '@munjigi/store/memory'
import { testDatabase } from '@munjigi/testing/database'
import { CLIENT_ID, type IssuerKey, keycloakTokens, TOKEN_LIFETIME_S } from './keycloak-tokens.ts'

const SCHEMA = 'chatbot_bench'
const SERVING_ROLE = 'chatbot_bench_serving'
const SEALING = keyRing(Buffer.alloc(32, 7).toString('base64'))

/** A user map in a migrated database, PGlite in this process or the PostgreSQL of `MUNJIGI_TEST_DATABASE_URL`. */
export async function linkedPeople(key: IssuerKey) {
  const plan = { schema: SCHEMA, servingRole: SERVING_ROLE, migrations: userMapMigrations }
  const { database, close } = await testDatabase(plan)
  const userMap: UserMap = postgresUserMap(database.as<UserMapTables>(SERVING_ROLE).withSchema(SCHEMA))
  const tokens = keycloakTokens(key)

  return {
    userMap,
    close,
    /** People who logged in then, and the names of their chats. */
    async link(count: number, at = Date.now()): Promise<string[]> {
      const names: string[] = []
      for (let index = 0; index < count; index += 1) {
        const [sub, chatbotUserId] = [randomUUID(), randomUUID()]
        const given = { access_token: tokens.access(sub), refresh_token: tokens.offline(sub) }
        const lifetimes = { expires_in: TOKEN_LIFETIME_S, refresh_expires_in: 0 }
        await userMap.link(newLink(SEALING, { sub, chatbotUserId, ...given, ...lifetimes }, at))
        names.push(chatbotUserId)
      }
      return names
    },
    chatbot: (gatewayUrl: string): Chatbot =>
      createChatbot({
        relay: { url: 'https://relay.example', clientKey: CLIENT_ID, hmacSecret: 'unused' },
        idp: { issuer: key.issuer, clientId: CLIENT_ID, clientSecret: 'any' },
        callbackUrl: 'https://chatbot.example/users/callback',
        gatewayUrl,
        userMap,
        sealing: SEALING,
        store: memoryStore(),
      }),
  }
}
