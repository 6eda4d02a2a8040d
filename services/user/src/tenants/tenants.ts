import type { Tenant, TenantPage } from '@munjigi/contracts/tenants'
import { isoTime } from '@munjigi/db/iso-time'
import { pageOf } from '@munjigi/db/page'
import { readCursor, writeCursor } from '@munjigi/server/cursor'
import { type Kysely, type SqlBool, sql } from 'kysely'
import { Type } from 'typebox'
import type { Tables } from '../tables.ts'

const columns = ['id', 'name', 'status', isoTime('created_at')] as const
const Place = Type.Tuple([
  Type.String({ pattern: '^[^\\x00]{1,100}$' }),
  Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
])

export function tenants(db: Kysely<Tables>) {
  return {
    list: async ({ cursor, limit }: { cursor?: string; limit: number }): Promise<TenantPage> => {
      let query = db
        .selectFrom('tenants')
        .select(columns)
        .orderBy('name')
        .orderBy('id')
        .limit(limit + 1)
      if (cursor !== undefined) {
        const [name, id] = readCursor(Place, cursor)
        query = query.where(sql<SqlBool>`(name, id) > (${name}, ${id}::uuid)`)
      }
      const [page, last] = pageOf(await query.execute(), limit)
      return { tenants: page, ...(last && { next_cursor: writeCursor([last.name, last.id]) }) }
    },
    find: (id: string): Promise<Tenant | undefined> =>
      db.selectFrom('tenants').select(columns).where('id', '=', id).executeTakeFirst(),
    /** Nobody renames, suspends or resumes it until the transaction ends. */
    lock: (id: string): Promise<Tenant | undefined> =>
      db.selectFrom('tenants').select(columns).where('id', '=', id).forNoKeyUpdate().executeTakeFirst(),
    insert: (tenant: { id: string; name: string }): Promise<Tenant> =>
      db.insertInto('tenants').values(tenant).returning(columns).executeTakeFirstOrThrow(),
    update: (id: string, set: { name?: string; status?: Tenant['status'] }): Promise<Tenant> =>
      db.updateTable('tenants').set(set).where('id', '=', id).returning(columns).executeTakeFirstOrThrow(),
  }
}
