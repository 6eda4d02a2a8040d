import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { connect, type Database } from '@munjigi/db/connect'
import { readEnv } from '@munjigi/env'
import type { Store } from '@munjigi/store/store'
import { buildApp } from '@munjigi/user/app'
import { SettingsEnv } from '@munjigi/user/env'
import { SCHEMA } from '@munjigi/user/migrations/plan'
import { settingsOf } from '@munjigi/user/settings'
import type { Tables } from '@munjigi/user/tables'

export const INTERNAL_KEY = 'k9X2vB7qLmR4tYw8ZcF1hJ6nP3sD5gA0eU'
export const PLATFORM = 'https://platform.example'

/** The whole service on an ephemeral port; its IdP is nobody, as nobody comes by SSO. */
export async function startService({ database, store }: { database: Database; store: Store }) {
  const source = {
    USER_SEALING_KEY: randomBytes(32).toString('base64url'),
    INTERNAL_KEYS: `gateway:${INTERNAL_KEY}`,
    PLATFORM_ISSUER: PLATFORM,
    FRONTEND_BASE_URL: 'https://front.example',
    SP_REDIRECT_URL: `${PLATFORM}/api/auth/callback/`,
    IDP_ISSUER: 'https://idp.example',
    IDP_CLIENT_ID: 'platform',
    IDP_CLIENT_SECRET: randomBytes(32).toString('base64url'),
  }
  const settings = settingsOf(readEnv(SettingsEnv, 'user', { source }))
  const app = buildApp({ database, store, settings, server: { logLevel: 'silent' } })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, port: (app.server.address() as AddressInfo).port }
}

/** The tables for somebody whom no row-level security holds: a superuser of the same database. */
export function unboundHandle({ database, url }: { database: Database; url: string | undefined }) {
  if (url === undefined) return { db: database.as<Tables>('postgres').withSchema(SCHEMA), close: async () => {} }
  const superuser = new URL(process.env.MUNJIGI_TEST_DATABASE_URL as string)
  superuser.pathname = new URL(url).pathname
  const unbound = connect(superuser.href)
  return { db: unbound.as<Tables>(superuser.username).withSchema(SCHEMA), close: unbound.close }
}
