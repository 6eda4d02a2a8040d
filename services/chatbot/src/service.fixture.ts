import { randomBytes, randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { RelayCallback, UnlinkNotice } from '@munjigi/contracts/relay'
import { readEnv } from '@munjigi/env'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import type { Store } from '@munjigi/store/store'
import { testDatabase } from '@munjigi/testing/database'
import { testProvider } from '@munjigi/testing/provider'
import { testStore } from '@munjigi/testing/store'
import { testUpstream, type Upstream } from '@munjigi/testing/upstream'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { SettingsEnv } from './env.ts'
import { BASE_PATH, BOT_ID, SKILL_SECRET, testCallbackHost } from './kakao/kakao.fixture.ts'
import { migrationPlan } from './migrations/plan.ts'
import { settingsOf } from './settings.ts'
import type { Tables } from './tables.ts'

const HMAC_SECRET = randomBytes(32).toString('hex')
export const LOGIN_LINK = 'https://app.example.com/api/auth-relay/login/lit'

/** What a stub answers to `GET /api/meal/v1/menus` and the like: a status and a body, at once or later. */
export type Answers = Record<string, (asked: Asked) => Answered | Promise<Answered>>
interface Asked {
  body: string
  url: URL
  /** X-User-Sub */
  sub: string
}
type Answered = [status: number, body: object]

interface TestService extends Upstream {
  /** May be changed. */
  answers: Answers
  /** Answers a route otherwise until that test ends. */
  replace(t: TestContext, route: string, answer: Answers[string]): void
}

/** Answers by method and path, what is not listed with 404. */
async function testService(answers: Answers): Promise<TestService> {
  const upstream = await testUpstream(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const url = new URL(request.url ?? '', 'http://service')
    const sub = String(request.headers['x-user-sub'] ?? '')
    const [status, answer] =
      (await answers[`${request.method} ${url.pathname}`]?.({ body, url, sub })) ?? refusal(404, 'not-found')
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  return {
    ...upstream,
    answers,
    replace(t, route, answer) {
      const usual = answers[route] ?? (() => refusal(404, 'not-found'))
      answers[route] = answer
      t.after(() => {
        answers[route] = usual
      })
    },
  }
}

export const refusal = (status: number, type: string): Answered => [
  status,
  { type: `/problems/${type}`, title: type, status },
]

interface Changes {
  env?: Record<string, string>
  store?: Store
  now?: () => number
}

/** The whole service on a database and a store of its own, with an IdP; gateway, relay and Kakao are stubs. */
export async function testChatbot() {
  const idp = await testProvider()
  const { database, close } = await testDatabase(migrationPlan)
  const store = testStore()
  const gateway = await testService({})
  const relay = await testService({
    'POST /issue_login_link': () => [200, { login_link: LOGIN_LINK, expires_in: 300 }],
  })
  const kakao = await testService({})
  const callbacks = await testCallbackHost()
  const { id, secret } = idp.clients['kakao-bot']
  const source = {
    BASE_URL: `https://app.example.com${BASE_PATH}`,
    RELAY_URL: relay.url,
    RELAY_TO_CHATBOT_HMAC_SECRET: HMAC_SECRET,
    IDP_ISSUER: idp.issuer,
    IDP_CLIENT_ID: id,
    IDP_CLIENT_SECRET: secret,
    TOKEN_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    GATEWAY_URL: gateway.url,
    KAKAO_SKILL_SECRET: SKILL_SECRET,
    KAKAO_BOT_ID: BOT_ID,
    KAKAO_CALLBACK_HOSTS: callbacks.host,
    KAKAO_EVENT_API_URL: kakao.url,
    KAKAO_REST_API_KEY: 'rest-key',
    NOTICE_CLIENT_ID: idp.clients['notice-service'].id,
    NOTICE_CLIENT_SECRET: idp.clients['notice-service'].secret,
  }
  const apps: FastifyInstance[] = []

  /** A further process's worth of the service on the same database. */
  function start(changes: Changes = {}): FastifyInstance {
    const development = { development: true }
    const env = readEnv(SettingsEnv, 'chatbot', { source: { ...source, ...changes.env }, ...development })
    const now = changes.now && { now: changes.now }
    const deps = { database, store: changes.store ?? store, settings: settingsOf(env, development), ...now }
    const app = buildApp(deps, { logLevel: 'silent' })
    apps.push(app)
    return app
  }

  const callbackOf = async (username: string, person: string): Promise<RelayCallback> => {
    const tokens = await idp.tokensOf(username, { scope: 'openid offline_access' })
    return {
      issuer: idp.issuer,
      aud: id,
      chatbot_user_id: person,
      client_key: 'kakao-bot',
      relay_access_token: tokens.access_token,
      offline_refresh_token: tokens.refresh_token,
      expires_in: tokens.expires_in,
      refresh_expires_in: tokens.refresh_expires_in,
      ts: Math.floor(Date.now() / 1000),
      nonce: randomUUID(),
    }
  }
  const bring = (
    app: FastifyInstance,
    callback: RelayCallback | UnlinkNotice,
    path = '/users/callback',
    key = HMAC_SECRET,
  ) => {
    const payload = canonicalJson(callback)
    const headers = { 'content-type': 'application/json', 'x-relay-signature': signatureOf(key, payload) }
    return app.inject({ method: 'POST', url: BASE_PATH + path, headers, payload })
  }

  return {
    idp,
    gateway,
    relay,
    kakao,
    callbacks,
    store,
    db: database.as<Tables>('chatbot_serving').withSchema('chatbot'),
    start,
    callbackOf,
    bring,
    /** What the relay does at the end of a login. */
    async logIn(app: FastifyInstance, username: string, person: string): Promise<void> {
      const answer = await bring(app, await callbackOf(username, person))
      if (answer.statusCode >= 300) throw new Error(answer.body)
    },
    async close() {
      await Promise.all(apps.map((app) => app.close()))
      await Promise.all([close(), store.close(), gateway.close(), relay.close(), kakao.close(), callbacks.close()])
      await idp.close()
    },
  }
}

/** Looks until it is so; what works in the background tells nobody when it is done. */
export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const limit = AbortSignal.timeout(30_000)
  while (!(await isSo())) {
    limit.throwIfAborted()
    await delay(20)
  }
}
