import { EventEmitter, once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { RelayCallback } from '@munjigi/contracts/relay'
import { readEnv } from '@munjigi/env'
import type { Store } from '@munjigi/store/store'
import { testStore } from '@munjigi/testing/store'
import { testUpstream } from '@munjigi/testing/upstream'
import { buildApp } from './app.ts'
import type { ClientEntry } from './clients/client-entry.ts'
import { createRelayClients } from './clients/clients.ts'
import { SettingsEnv } from './env.ts'
import { settingsOf } from './settings.ts'

export const JWT_SECRET = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6'
export const HMAC_SECRET = 'z9Y8x7W6v5U4t3S2r1Q0p9O8n7M6l5K4'

/** What a chatbot does with a call-back: a status, or something worse. */
type Deed = number | ((response: ServerResponse) => void)

/** A chatbot's receiving end, which takes every login unless it is told otherwise. */
export async function testChatbot(t: TestContext) {
  const deeds: Deed[] = []
  const upstream = await testUpstream((request, response) => {
    request.resume().on('end', () => {
      const deed = deeds.shift() ?? 200
      if (typeof deed === 'function') deed(response)
      else response.writeHead(deed).end('{"ok":true}')
    })
  })
  t.after(upstream.close)
  return {
    callbackUrl: `${upstream.url}/users/callback`,
    requests: upstream.requests,
    /** What befalls the next calls, one after the other. */
    next: (...coming: Deed[]) => void deeds.push(...coming),
    callbacks: () => upstream.requests.map(({ body }) => JSON.parse(body) as RelayCallback),
  }
}

export type TestChatbot = Awaited<ReturnType<typeof testChatbot>>
type CalledBack = Pick<TestChatbot, 'callbackUrl'>

/** Where a client's identity provider is; `server_url` where it is reached another way. */
export interface TestIdp {
  issuer: string
  clients: { 'kakao-bot': { id: string; secret: string } }
}

interface RelayOptions {
  idp: TestIdp
  chatbot: CalledBack
  client?: Partial<ClientEntry>
  env?: Record<string, string>
  store?: Store
}

/** The whole relay over HTTP with one client, `kakao-bot`, in a clients.json of its own. */
export async function testRelay(t: TestContext, { idp, chatbot, client = {}, env = {}, store }: RelayOptions) {
  const source = { BASE_URL: 'http://localhost', JWT_SECRET, RELAY_TO_CHATBOT_HMAC_SECRET: HMAC_SECRET, ...env }
  const development = { development: true }
  const settings = settingsOf(readEnv(SettingsEnv, 'auth-relay', { source, ...development }), development)
  const path = join(mkdtempSync(join(tmpdir(), 'munjigi-relay-')), 'clients.json')
  writeFileSync(path, clientsJson(idp, chatbot, client))
  const said = new EventEmitter()
  const log = { info: (_: unknown, message = '') => void said.emit(message), warn() {}, error() {} }
  const clients = createRelayClients({ path, settings, environment: {}, log })
  const ownStore = testStore()
  const app = buildApp({ store: store ?? ownStore, settings, clients }, { logLevel: 'silent' })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(async () => {
    await app.close()
    clients.close()
    await ownStore.close()
  })
  return {
    /** Where it listens; what it calls itself is `settings.baseUrl`. */
    url,
    settings,
    store: ownStore,
    /** Replaces the clients.json, and resolves when the relay has taken it. */
    async rewriteClients(text: string) {
      const taken = once(said, 'clients file loaded')
      writeFileSync(path, text)
      await taken
    },
    /** A link for a person of the chatbot. */
    link: (request: Record<string, unknown> = {}) => issueLink(`${url}${settings.basePath}`, chatbot, request),
  }
}

export type TestRelay = Awaited<ReturnType<typeof testRelay>>

/** A clients.json with the client `kakao-bot`. */
export function clientsJson(idp: TestIdp, chatbot: CalledBack, client: Partial<ClientEntry> = {}): string {
  const { id, secret } = idp.clients['kakao-bot']
  return JSON.stringify({
    'kakao-bot': {
      server_url: new URL(idp.issuer).origin,
      realm: idp.issuer.split('/').at(-1),
      issuer: idp.issuer,
      client_id: id,
      client_secret: secret,
      redirect_uri: '{BASE_URL}/oidc/callback',
      scope: 'openid offline_access',
      callback_url_allowlist: [chatbot.callbackUrl],
      redirect_after_allowlist: ['/done'],
      ...client,
    },
  })
}

/** Asks a relay for a login link, as the Python bot does. */
export async function issueLink(at: string, chatbot: CalledBack, request: Record<string, unknown>): Promise<string> {
  const answer = await fetch(`${at}/issue_login_link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      chatbot_user_id: 'user-123',
      callback_url: chatbot.callbackUrl,
      client_key: 'kakao-bot',
      ...request,
    }),
  })
  const body = (await answer.json()) as { login_link?: string }
  if (body.login_link === undefined) throw new Error(`no link: ${answer.status} ${JSON.stringify(body)}`)
  return body.login_link
}
