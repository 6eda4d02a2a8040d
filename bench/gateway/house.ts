import { createPublicKey, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigningKey, type SigningKey, signAccessToken } from '@munjigi/identity/issue'

export const ISSUER = 'https://bench.example'
export const AUDIENCE = 'munjigi'
export const INTERNAL_KEY = 'Bench-0123456789-abcdefghijklmnopqrstuvwxyz'
const TOKEN_LIFETIME_S = 3_600

/** What every contender is measured with: one key, one folder for configurations, tokens of as many people as asked. */
export interface House {
  folder: string
  key: SigningKey
  publicPem: string
  /** Each of a person of its own, or of `people` in turn. */
  tokens(count: number, people?: string[]): string[]
  /** Tokens that nobody may accept, by what is wrong with them. */
  badTokens(): Promise<Record<string, string>>
}

export async function createHouse(): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-bench-'))
  mkdirSync(folder, { recursive: true })
  const key = await createSigningKey()
  const publicPem = createPublicKey(key.privateKey).export({ type: 'spki', format: 'pem' }) as string
  writeFileSync(join(folder, 'public.pem'), publicPem)
  return {
    folder,
    key,
    publicPem,
    tokens: (count, people = []) =>
      Array.from({ length: count }, (_, index) => tokenOf(people[index % people.length] ?? randomUUID(), key)),
    badTokens: async () => ({
      'another key': tokenOf(randomUUID(), { ...(await createSigningKey()), kid: key.kid }),
      'another issuer': tokenOf(randomUUID(), key, { iss: 'https://other.example' }),
      'another audience': tokenOf(randomUUID(), key, { aud: 'others' }),
      expired: tokenOf(randomUUID(), key, { exp: Math.floor(Date.now() / 1000) - TOKEN_LIFETIME_S }),
      'no token': '',
    }),
  }
}

function tokenOf(sub: string, key: SigningKey, changed: { iss?: string; aud?: string; exp?: number } = {}): string {
  const now = Math.floor(Date.now() / 1000)
  return signAccessToken(
    {
      iss: ISSUER,
      aud: AUDIENCE,
      sub,
      jti: randomUUID(),
      sid: randomUUID(),
      iat: now,
      exp: now + TOKEN_LIFETIME_S,
      email: `${sub}@example.com`,
      tenant_id: '00000000-0000-4000-8000-000000000001',
      role: 'USER',
      permissions: ['case:read', 'process:submit', 'agent:chat', 'watch:manage', 'olap:query', 'nl2sql:query'],
      case_roles: {},
      user_id: 'user.lee',
      username_kr: '이유저',
      deptname_kr: '플랫폼개발팀',
      ...changed,
    },
    key,
  )
}
