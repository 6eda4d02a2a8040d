// The relay in a process of its own, its access log on; nonces lie in its memory.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApp } from '@munjigi/auth-relay/app'
import { createRelayClients } from '@munjigi/auth-relay/clients/clients'
import type { RelaySettings } from '@munjigi/auth-relay/settings'
import { createLogger } from '@munjigi/server/logger'
import { memoryStore } from '@munjigi/store/memory'

const { BENCH_PORT, BENCH_FOLDER = '', BENCH_ISSUE_SECRET } = process.env
const baseUrl = `http://127.0.0.1:${BENCH_PORT}`
const settings: RelaySettings = {
  baseUrl,
  basePath: '',
  jwtSecret: 'bench-jwt-0123456789-abcdefghijklmnopqrstuvwxyz',
  hmacSecret: 'bench-hmac-0123456789-abcdefghijklmnopqrstuvwxyz',
  stateTtlSeconds: 600,
  callbackTimeoutSeconds: 8,
  allowUnsignedIssue: true,
  isDevelopment: false,
  kakaoAdminKey: undefined,
}
const client = {
  server_url: 'http://127.0.0.1:1',
  realm: 'munjigi',
  issuer: 'http://127.0.0.1:1/realms/munjigi',
  client_id: 'kakao-bot',
  client_secret: 'bench-client-0123456789-abcdefghijklmnopqrstuvwxyz',
  redirect_uri: '{BASE_URL}/oidc/callback',
  scope: 'openid offline_access',
  callback_url_allowlist: ['https://chatbot.example/users/callback'],
}
const path = join(BENCH_FOLDER, 'clients.json')
writeFileSync(path, JSON.stringify({ signed: { ...client, issue_secret: BENCH_ISSUE_SECRET }, unsigned: client }))
const log = createLogger('auth-relay', 'info')
const clients = createRelayClients({ path, settings, environment: {}, log })
const app = buildApp({ store: memoryStore(), settings, clients }, { logLevel: 'info' })
await app.listen({ port: Number(BENCH_PORT), host: '127.0.0.1' })
