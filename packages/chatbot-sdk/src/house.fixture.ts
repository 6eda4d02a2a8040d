import { randomBytes, randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import type { Database } from '@munjigi/db/connect'
import type { MigrationPlan } from '@munjigi/db/migrate'
import { type KeyRing, keyRing } from '@munjigi/sealing/fernet'
import type { Store } from '@munjigi/store/store'
import { testDatabase } from '@munjigi/testing/database'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { providerProxy } from '@munjigi/testing/provider-proxy'
import { testStore } from '@munjigi/testing/store'
import { testUpstream } from '@munjigi/testing/upstream'
import { type Chatbot, type ChatbotOptions, createChatbot } from './chatbot.ts'
import type { ChatbotEvent } from './events.ts'
import { postgresUserMap, type UserMapTables } from './postgres-user-map.ts'
import { newLink } from './tokens-at-rest.ts'
import type { UserMap } from './user-map.ts'
import { userMapMigrations } from './user-map-migrations.ts'

const SCHEMA = 'chatbot_sdk'
const SERVING_ROLE = 'chatbot_sdk_serving'

export const migrationPlan: MigrationPlan = {
  schema: SCHEMA,
  servingRole: SERVING_ROLE,
  migrations: userMapMigrations,
}

export const tablesOf = (database: Database) => database.as<UserMapTables>(SERVING_ROLE).withSchema(SCHEMA)

export const sealingKey = () => randomBytes(32).toString('base64url')

/** Somebody who logged in and whose chat is linked. */
export interface Person {
  chat: string
  username: string
  sub: string
}

interface Difference {
  idp?: ChatbotOptions['idp']
  now?: () => number
  sealing?: KeyRing
  userMap?: UserMap
  store?: Store
  services?: ChatbotOptions['services'] & {}
  messengerNames?: ChatbotOptions['messengerNames'] & {}
  gatewayUrl?: string
}

/** A chatbot's surroundings, each real: an IdP behind a proxy that can have bad days, a database, a store, and HTTP for the gateway. */
export async function chatbotHouse(realm?: Parameters<typeof testProvider>[0]) {
  const [provider, { database, url: databaseUrl, close: closeDatabase }] = await Promise.all([
    testProvider(realm),
    testDatabase(migrationPlan),
  ])
  const proxy = await providerProxy(provider.issuer)
  const store = testStore()
  const answers: RequestListener[] = []
  const gateway = await testUpstream((request, response) => {
    const answer = answers.shift()
    if (answer) answer(request, response)
    else response.end('{}')
  })
  const db = tablesOf(database)
  const userMap = postgresUserMap(db)
  const key = sealingKey()
  const sealing = keyRing(key)
  const events: ChatbotEvent[] = []
  const chatbots: Chatbot[] = []
  const idp = { issuer: provider.issuer, ...credentialsOf(provider), backchannelUrl: proxy.url }

  return {
    provider,
    proxy,
    gateway,
    db,
    /** Undefined on PGlite. */
    databaseUrl,
    userMap,
    key,
    sealing,
    store,
    idp,
    events,
    /** Takes the place of the gateway's next answer. */
    answerNext: (answer: RequestListener) => void answers.push(answer),
    chatbot(difference: Difference = {}): Chatbot {
      const chatbot = createChatbot({
        relay: { url: 'http://relay.invalid', clientKey: 'kakao-bot', hmacSecret: 'relay' },
        idp,
        callbackUrl: 'http://chatbot.invalid/users/callback',
        gatewayUrl: gateway.url,
        userMap,
        sealing,
        store,
        onEvent: (event) => void events.push(event),
        ...difference,
      })
      chatbots.push(chatbot)
      return chatbot
    },
    /** A new person, logged in and linked at `now`. */
    async person(now = Date.now()): Promise<Person> {
      const username = `bot-${randomUUID()}`
      const sub = await provider.addUser({ username, password: 'a-long-password' })
      const tokens = await provider.tokensOf(username, { scope: 'openid offline_access', password: 'a-long-password' })
      const chat = `chat-${randomUUID()}`
      await userMap.link(newLink(sealing, { ...tokens, sub, chatbotUserId: chat }, now))
      return { chat, username, sub }
    },
    /** Holds the answer to the next refresh back; `asked` resolves when the IdP has given it. */
    holdRefresh() {
      const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      proxy.next('refresh_token', {
        after() {
          asked.resolve()
          return gate.promise
        },
      })
      return { asked: asked.promise, release: gate.resolve }
    },
    async close() {
      await Promise.all(chatbots.map((chatbot) => chatbot.close()))
      await Promise.all([proxy.close(), gateway.close(), store.close(), closeDatabase(), provider.close()])
    },
  }
}

const credentialsOf = ({ clients }: Provider) => ({
  clientId: clients['kakao-bot'].id,
  clientSecret: clients['kakao-bot'].secret,
})
