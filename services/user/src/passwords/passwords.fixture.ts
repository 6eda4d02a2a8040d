import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Insertable } from 'kysely'
import { TENANT, testService } from '../service.fixture.ts'
import { testIdp } from '../sso/idp.fixture.ts'
import type { Tables } from '../tables.ts'
import { hashPassword } from './hashing.ts'

export const PASSWORD = 'munjigi-dev'

type Row = Partial<Insertable<Tables['people']>> & { email?: string; hash?: string | null }

/** The service with an IdP that nobody asks, and people with passwords in its database. */
export async function testPasswords(env: Record<string, string> = {}) {
  const idp = await testIdp()
  const service = await testService({ env: { ...idp.env(idp.pemFile), ...env } })
  await service.db.insertInto('tenants').values({ id: TENANT, name: 'demo' }).execute()
  const usual = await hashPassword(PASSWORD)
  return {
    service,
    /** Somebody new who signs in with PASSWORD, or by another hash; null is no password yet. */
    async person({ hash = usual, ...given }: Row = {}) {
      const sub = randomUUID()
      const row = { sub, user_id: `id-${sub}`, tenant_id: TENANT, role: 'USER', email: `${sub}@munjigi.test`, ...given }
      await service.db.insertInto('people').values(row).execute()
      const email = row.email.toLowerCase()
      await service.db.insertInto('passwords').values({ person_sub: sub, email, hash }).execute()
      return { sub, email }
    },
    login: (body: unknown, headers: Record<string, string> = {}, at = service.url) =>
      send('POST', `${at}/api/auth/v1/login`, body, headers),
    as: (token: string, sub: string) => (method: string, path: string, body?: unknown) =>
      send(method, `${service.url}${path}`, body, { authorization: `Bearer ${token}`, 'x-user-sub': sub }),
  }
}

export type TestPasswords = Awaited<ReturnType<typeof testPasswords>>

export function send(method: string, url: string, body?: unknown, headers: Record<string, string> = {}) {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  return fetch(url, {
    method,
    headers: { ...type, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

interface Tokens {
  access_token: string
  refresh_token: string
  token_type: string
  expires_in: number
}

export async function tokensOf(response: Response): Promise<Tokens> {
  assert.equal(response.status, 200)
  return (await response.json()) as Tokens
}

/** An address that nobody else comes from: limits count per address. */
export const newAddress = (): Record<string, string> => ({
  'x-real-ip': `2001:db8:${randomUUID().slice(0, 4)}:${randomUUID().slice(0, 4)}::1`,
})
