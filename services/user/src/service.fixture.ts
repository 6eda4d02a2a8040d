import { randomBytes } from 'node:crypto'
import type { Database } from '@munjigi/db/connect'
import { readEnv } from '@munjigi/env'
import type { Issuer } from '@munjigi/identity/issuers'
import type { Store } from '@munjigi/store/store'
import { testDatabase } from '@munjigi/testing/database'
import { testStore } from '@munjigi/testing/store'
import type { FastifyInstance } from 'fastify'
import { buildApp } from './app.ts'
import { SettingsEnv } from './env.ts'
import { migrationPlan } from './migrations/plan.ts'
import { servingHandle } from './serving-handle.ts'
import { settingsOf } from './settings.ts'

export const TENANT = '00000000-0000-4000-8000-000000000001'
export const INTERNAL_KEY = 'k9X2vB7qLmR4tYw8ZcF1hJ6nP3sD5gA0eU'
export const FRONTEND = 'http://localhost:9060'
export const PLATFORM = 'https://localhost:9050'
const REDIRECT_URL = 'http://localhost/api/auth/callback/'

interface TestServiceOptions {
  env: Record<string, string>
  issuers?: Issuer[]
}

/** The whole service over HTTP on a database and a store of its own. */
export async function testService({ env, issuers = [] }: TestServiceOptions) {
  const { database, url: databaseUrl, close } = await testDatabase(migrationPlan)
  const store = testStore()
  const source = {
    USER_SEALING_KEY: randomBytes(32).toString('base64url'),
    INTERNAL_KEYS: `gateway:${INTERNAL_KEY}`,
    PLATFORM_ISSUER: PLATFORM,
    FRONTEND_BASE_URL: FRONTEND,
    SP_REDIRECT_URL: REDIRECT_URL,
    ...env,
  }
  const apps: FastifyInstance[] = []
  const start = async (
    differing: { env?: Record<string, string>; store?: Store; database?: Database } = {},
  ): Promise<string> => {
    const development = { development: true }
    const read = readEnv(SettingsEnv, 'user', { source: { ...source, ...differing.env }, ...development })
    const settings = { ...settingsOf(read, development), issuers }
    const parts = { database: differing.database ?? database, store: differing.store ?? store }
    const app = buildApp({ ...parts, settings, server: { logLevel: 'silent' } })
    apps.push(app)
    return app.listen({ host: '127.0.0.1', port: 0 })
  }
  const url = await start()
  return {
    url,
    sealingKey: source.USER_SEALING_KEY,
    /** Starts a further process's worth of the service on the same database and gives its address. */
    start,
    database,
    /** Where a process of its own finds the same database, and the rest that it must know; undefined on PGlite. */
    ownProcess: databaseUrl === undefined ? undefined : { ...source, DATABASE_URL: databaseUrl },
    db: servingHandle(database),
    store,
    internal: (path: string, init: RequestInit = {}) =>
      fetch(`${url}/internal/user/v1/${path}`, {
        ...init,
        headers: { 'x-internal-key': INTERNAL_KEY, 'content-type': 'application/json', ...init.headers },
      }),
    async close() {
      await Promise.all(apps.map((app) => app.close()))
      await store.close()
      await close()
    },
  }
}

export type TestService = Awaited<ReturnType<typeof testService>>

/** A browser at one service: keeps cookies, also `Secure` ones on loopback, and follows no redirect. */
export function testBrowser(url: string) {
  const cookies = new Map<string, string>()
  const send = async (method: string, path: string, init: { headers?: Record<string, string>; body?: string } = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { accept: 'text/html', ...(cookie && { cookie }), ...init.headers }
    const response = await fetch(new URL(path, url), { method, redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  return {
    cookies,
    get: (path: string, headers: Record<string, string> = {}) => send('GET', path, { headers }),
    post: (path: string, headers: Record<string, string> = {}, body?: unknown) =>
      send('POST', path, {
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    /** The form that the IdP's page posts to the call-back. */
    callback: (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      send('POST', '/api/auth/callback/', {
        headers: { ...form, ...headers },
        body: new URLSearchParams(fields).toString(),
      }),
    /** Begins a login and gives the address at the IdP. */
    async begin(): Promise<URL> {
      const response = await send('GET', '/api/auth/login/')
      if (response.status !== 302) throw new Error(`no login: ${response.status} ${await response.text()}`)
      return new URL(response.headers.get('location') ?? '')
    },
  }
}

export type TestBrowser = ReturnType<typeof testBrowser>
