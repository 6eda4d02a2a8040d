import type { ApiKey, NewApiKey } from '@munjigi/contracts/api-keys'
import { isoTime } from '@munjigi/db/iso-time'
import { CLOCK_SKEW_S } from '@munjigi/identity/claims'
import { isSameText } from '@munjigi/sealing/same-text'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Tables } from '../tables.ts'
import { EXCHANGED_TTL_S } from '../tokens/token-times.ts'
import { hashOf, masked, prefixOf } from './key-text.ts'

const USE_NOTED_EVERY_MS = 60_000

const columns = [
  'key_id',
  'name',
  'prefix',
  'scopes',
  isoTime('created_at'),
  isoTime('expires_at'),
  isoTime('last_used_at'),
] as const

const toApiKey = ({ prefix, ...key }: Omit<ApiKey, 'api_key'> & { prefix: string }): ApiKey => ({
  ...key,
  api_key: masked(prefix),
})

/** Keys made before `valid_from` ended with everything else of the person (decision 14). */
interface Owner {
  sub: string
  tenant_id: string
  valid_from: number
}

/** A person's keys that were not revoked. */
const kept = (db: Kysely<Tables>, { sub, tenant_id, valid_from }: Owner) =>
  db
    .selectFrom('api_keys')
    .where('tenant_id', '=', tenant_id)
    .where('person_sub', '=', sub)
    .where('revoked_at', 'is', null)
    .where('api_keys.created_at', '>=', new Date(valid_from * 1000))

/** Those of them that have not expired either. */
const live = (db: Kysely<Tables>, owner: Owner, now: Date) =>
  kept(db, owner).where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))

export async function listKeys(db: Kysely<Tables>, owner: Owner): Promise<ApiKey[]> {
  const rows = await kept(db, owner).select(columns).orderBy('api_keys.created_at', 'desc').orderBy('key_id').execute()
  return rows.map(toApiKey)
}

export async function findNewestLive(db: Kysely<Tables>, owner: Owner, now: Date): Promise<ApiKey | undefined> {
  const row = await live(db, owner, now)
    .select(columns)
    .orderBy('api_keys.created_at', 'desc')
    .orderBy('key_id')
    .limit(1)
    .executeTakeFirst()
  return row && toApiKey(row)
}

export async function countLive(db: Kysely<Tables>, owner: Owner, now: Date): Promise<number> {
  const { count } = await live(db, owner, now)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

export async function insertKey(
  trx: Transaction<Tables>,
  owner: Owner,
  { key, name, scopes, expires_at, now }: NewApiKey & { key: string; now: Date },
): Promise<ApiKey> {
  const row = await trx
    .insertInto('api_keys')
    .values({
      tenant_id: owner.tenant_id,
      person_sub: owner.sub,
      name,
      prefix: prefixOf(key) as string,
      secret_hash: hashOf(key),
      scopes: JSON.stringify(scopes),
      created_at: new Date(Math.max(now.getTime(), owner.valid_from * 1000)),
      expires_at: expires_at == null ? null : new Date(expires_at),
      last_used_at: null,
      revoked_at: null,
    })
    .returning(columns)
    .executeTakeFirstOrThrow()
  return toApiKey(row)
}

/** The key's name, or undefined where the person has no such key that could still be revoked. */
export async function revokeKey(
  trx: Transaction<Tables>,
  owner: Owner,
  key_id: string,
): Promise<{ name: string } | undefined> {
  return trx
    .updateTable('api_keys')
    .set({ revoked_at: new Date() })
    .where('tenant_id', '=', owner.tenant_id)
    .where('person_sub', '=', owner.sub)
    .where('key_id', '=', key_id)
    .where('revoked_at', 'is', null)
    .where('created_at', '>=', new Date(owner.valid_from * 1000))
    .returning('name')
    .executeTakeFirst()
}

/** The row of a key, even if revoked or expired. Only the row tells whose it is, so all tenants are searched. */
export async function findByKey(db: Kysely<Tables>, key: string) {
  const prefix = prefixOf(key)
  if (prefix === undefined) return undefined
  const hash = hashOf(key)
  const rows = await db
    .selectFrom('api_keys')
    .select(['tenant_id', 'key_id', 'person_sub', 'secret_hash', 'scopes', 'created_at', 'expires_at', 'revoked_at'])
    .where('prefix', '=', prefix)
    .execute()
  return rows.find(({ secret_hash }) => isSameText(secret_hash, hash))
}

/** At most once a minute: a key in heavy use is not written at each exchange. */
export async function noteUse(
  db: Kysely<Tables>,
  { tenant_id, key_id }: { tenant_id: string; key_id: string },
  now: Date,
): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: now })
    .where('tenant_id', '=', tenant_id)
    .where('key_id', '=', key_id)
    .where(({ or, eb }) =>
      or([eb('last_used_at', 'is', null), eb('last_used_at', '<', new Date(now.getTime() - USE_NOTED_EVERY_MS))]),
    )
    .execute()
}

/** A key whose last noted use is older than this has no live token any more. */
export const liveKeysUsedSince = (now: number): Date =>
  new Date((now - EXCHANGED_TTL_S - CLOCK_SKEW_S) * 1000 - USE_NOTED_EVERY_MS)

/** The `sid` of tokens of a person's revoked keys, of those keys that may still have a live one; a key never used has none. */
export const selectRevokedSids = (db: Kysely<Tables>, person_sub: string, usedSince: Date) =>
  db
    .selectFrom('api_keys')
    .select(sql<string>`key_id::text`.as('sid'))
    .where('person_sub', '=', person_sub)
    .where('revoked_at', 'is not', null)
    .where('last_used_at', '>=', usedSince)
