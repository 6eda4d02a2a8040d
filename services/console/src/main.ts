import { readFileSync } from 'node:fs'
import { requireEnv } from '@munjigi/env'
import { serve } from '@munjigi/server/serve'
import { buildApp } from './app.ts'
import { Env } from './env.ts'

const env = requireEnv(Env, 'console')
const read = (path: string) => readFileSync(path, 'utf8')
const app = buildApp({
  gatewayUrl: env.GATEWAY_URL,
  platformIssuer: env.PLATFORM_ISSUER,
  logLevel: env.LOG_LEVEL,
  ...(env.GATEWAY_CA_FILE && { gatewayCa: read(env.GATEWAY_CA_FILE) }),
  ...(env.TLS_KEY_FILE && env.TLS_CERT_FILE && { tls: { key: read(env.TLS_KEY_FILE), cert: read(env.TLS_CERT_FILE) } }),
})
await serve(app, env.PORT, 'CONSOLE_PORT')
