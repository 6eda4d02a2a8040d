import { createChatbot } from '@munjigi/chatbot-sdk/chatbot'
import { chatbotRoutes } from '@munjigi/chatbot-sdk/fastify'
import { postgresUserMap } from '@munjigi/chatbot-sdk/postgres-user-map'
import { createServiceAccount } from '@munjigi/chatbot-sdk/service-account'
import type { Database } from '@munjigi/db/connect'
import { assertServingRole } from '@munjigi/db/serving-role'
import { createServer, type ServerOptions } from '@munjigi/server/create-server'
import { openApi } from '@munjigi/server/openapi'
import type { Store } from '@munjigi/store/store'
import type { FastifyInstance } from 'fastify'
import { logEvent } from './event-log.ts'
import { eventApi } from './kakao/event-api.ts'
import { kakaoPeople } from './kakao/people.ts'
import { chatbotMetrics } from './metrics.ts'
import { SCHEMA, SERVING_ROLE } from './migrations/plan.ts'
import { noticeJob } from './notices/notice-job.ts'
import { subscriptions } from './notices/subscriptions.ts'
import { doRegularly } from './regular-work.ts'
import type { ChatbotSettings } from './settings.ts'
import { conversation } from './skill/conversation.ts'
import { skillRoutes } from './skill/skill-routes.ts'
import type { Tables } from './tables.ts'

const KEEP_ALIVE_EVERY_MS = 3_600_000
const NOTICES_EVERY_MS = 60_000

export interface ChatbotServiceDeps {
  database: Database
  store: Store
  settings: ChatbotSettings
  /** Milliseconds; `Date.now` by default. */
  now?: () => number
}

/** The module `kakao-bot`, in a scope of its own: register it in any host made by createServer. */
export async function chatbotPlugin(app: FastifyInstance, deps: ChatbotServiceDeps): Promise<void> {
  const { database, store, settings, now = Date.now } = deps
  const db = database.as<Tables>(SERVING_ROLE).withSchema(SCHEMA)
  const subscribers = subscriptions(db)
  const people = kakaoPeople(db)
  const { count, countNotice } = chatbotMetrics(app.metrics)
  const gateway = { gatewayUrl: settings.gatewayUrl, ...(settings.gatewayCa && { gatewayCa: settings.gatewayCa }) }
  const { callbackUrl, relay, idp, sealing, notices } = settings
  const chatbot = createChatbot({
    ...gateway,
    callbackUrl,
    relay,
    idp,
    userMap: postgresUserMap(db),
    messengerNames: people,
    sealing,
    store,
    now,
    onEvent(event) {
      count(event)
      logEvent(app.log, event)
    },
  })

  app.addReadyCheck('chatbot-database', database.isAlive)
  app.addReadyCheck('chatbot-store', store.isAlive)
  app.addHook('onReady', () => assertServingRole(db))
  app.addHook('onClose', () => chatbot.close())
  const keepAlive = async (signal: AbortSignal) => {
    app.log.info(await chatbot.keepAlive({ signal }), 'idle logins renewed')
  }
  doRegularly(app, { name: 'keep-alive', everyMs: KEEP_ALIVE_EVERY_MS, work: keepAlive })
  if (notices) {
    const account = createServiceAccount({ ...gateway, idp: { ...idp, ...notices.client }, now })
    app.addHook('onClose', () => account.close())
    const kakao = eventApi(notices.eventApi)
    const parts = {
      at: notices.at,
      account,
      subscriptions: subscribers,
      eventApi: kakao,
      now,
      countNotice,
      log: app.log,
    }
    doRegularly(app, { name: 'notices', everyMs: NOTICES_EVERY_MS, work: noticeJob(parts) })
  }

  const converse = conversation({
    chatbot,
    subscriptions: subscribers,
    people,
    noticesAt: notices?.at,
    loginImageUrl: settings.loginImageUrl,
    now,
  })
  await app.register(
    async (scope) => {
      await openApi(scope, '/openapi.json', { title: 'kakao-bot', description: 'The reference chatbot, at Kakao' })
      await scope.register(chatbotRoutes, { chatbot })
      await scope.register(async (skill) => skillRoutes(skill, settings.skill, converse))
    },
    { prefix: settings.path },
  )
}

/** chatbot in a server of its own. */
export function buildApp(deps: ChatbotServiceDeps, options: Omit<ServerOptions, 'name'> = {}): FastifyInstance {
  const app = createServer({ name: 'chatbot', ...options })
  app.register(chatbotPlugin, deps)
  return app
}
