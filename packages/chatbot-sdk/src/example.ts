import { type ChatbotOptions, createChatbot } from '@munjigi/chatbot-sdk/chatbot'
import { chatbotRoutes } from '@munjigi/chatbot-sdk/fastify'
import { postgresUserMap, type UserMapTables } from '@munjigi/chatbot-sdk/postgres-user-map'
import { userMapMigrations } from '@munjigi/chatbot-sdk/user-map-migrations'
import type { Database } from '@munjigi/db/connect'
import { Problem } from '@munjigi/problem'
import { keyRing } from '@munjigi/sealing/fernet'
import { createServer } from '@munjigi/server/create-server'

/** The bot's own schema: `migrate(DATABASE_URL, migrationPlan)` makes it. */
export const migrationPlan = { schema: 'menu_bot', servingRole: 'menu_bot_serving', migrations: userMapMigrations }

type Settings = Pick<ChatbotOptions, 'relay' | 'idp' | 'callbackUrl' | 'gatewayUrl' | 'store'> & { tokenKeys: string }

/** A bot that says what there is to eat, to whoever logged in. */
export function menuBot(database: Database, { tokenKeys, ...settings }: Settings) {
  const app = createServer({ name: 'menu-bot', logLevel: 'warn' })
  const chatbot = createChatbot({
    ...settings,
    userMap: postgresUserMap(database.as<UserMapTables>('menu_bot_serving').withSchema('menu_bot')),
    sealing: keyRing(tokenKeys),
    onEvent: (event) => app.log.info(event, 'login'),
  })
  app.register(chatbotRoutes, { chatbot })

  app.post<{ Body: { user: string; text: string } }>('/messages', async ({ body: { user, text } }) => {
    if (text === 'bye') return { reply: (await chatbot.unlink(user)) ? 'Bye!' : 'We never met.' }
    try {
      const menus = await chatbot.as(user).fetch('meal', '/v1/menus?date=2026-11-21')
      return { reply: menus.ok ? await menus.text() : `meal says ${menus.status}` }
    } catch (error) {
      if (!isLoginNeeded(error)) throw error
      const { login_link } = await chatbot.issueLoginLink({ chatbotUserId: user })
      return { reply: `Log in first: ${login_link}` }
    }
  })

  const daily = setInterval(() => chatbot.keepAlive().catch((error) => app.log.error(error)), 24 * 60 * 60_000)
  app.addHook('onClose', async () => {
    clearInterval(daily)
    await chatbot.close()
  })
  return app
}

const isLoginNeeded = (error: unknown) => error instanceof Problem && ['not-linked', 'login-ended'].includes(error.type)
