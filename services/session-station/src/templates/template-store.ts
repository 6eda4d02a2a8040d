import type { Template, TemplateSummary } from '@munjigi/contracts/auth-profile-store'
import { isoTime } from '@munjigi/db/iso-time'
import { withTenant } from '@munjigi/db/tenant'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

const summaryColumns = [
  'template_id',
  'service_id',
  'name',
  'description',
  'auth_type',
  'tags',
  'hosts',
  'owner_sub as owner',
  isoTime('created_at'),
] as const
const columns = [...summaryColumns, 'slots', 'content'] as const

export interface TemplatePage {
  /** Part of a name, a description, a service_id or a host. */
  search?: string | undefined
  tag?: string | undefined
  before: number
  limit: number
}

export type NewTemplate = Omit<Template, 'template_id' | 'created_at'>
export type TemplateStore = ReturnType<typeof templateStore>

/** Of one tenant at a time: row-level security and every `where` say so, and either would do. */
export function templateStore(db: Kysely<Tables>) {
  return {
    list: (tenant: string, { search, tag, before, limit }: TemplatePage) =>
      withTenant(db, tenant, (trx): Promise<(TemplateSummary & { position: number })[]> => {
        const like = search && `%${search.replace(/[\\%_]/g, '\\$&')}%`
        return trx
          .selectFrom('auth_profile_templates')
          .select([...summaryColumns, 'position'])
          .where('tenant_id', '=', tenant)
          .where('position', '<', before)
          .$if(tag !== undefined, (templates) => templates.where(sql<boolean>`tags @> ${JSON.stringify([tag])}::jsonb`))
          .$if(like !== undefined, (templates) =>
            templates.where(sql<boolean>`concat_ws(chr(10), name, description, service_id, hosts::text) ilike ${like}`),
          )
          .orderBy('position', 'desc')
          .limit(limit)
          .execute()
      }),

    find: (tenant: string, template_id: string) =>
      withTenant(
        db,
        tenant,
        (trx): Promise<Template | undefined> =>
          trx
            .selectFrom('auth_profile_templates')
            .select(columns)
            .where('tenant_id', '=', tenant)
            .where('template_id', '=', template_id)
            .executeTakeFirst(),
      ),

    insert: (tenant_id: string, { owner, tags, content, slots, hosts, ...values }: NewTemplate) =>
      withTenant(
        db,
        tenant_id,
        (trx): Promise<Template> =>
          trx
            .insertInto('auth_profile_templates')
            .values({
              ...values,
              tenant_id,
              owner_sub: owner,
              tags: JSON.stringify(tags),
              content: JSON.stringify(content),
              slots: JSON.stringify(slots),
              hosts: JSON.stringify(hosts),
            })
            .returning(columns)
            .executeTakeFirstOrThrow(),
      ),

    remove: (tenant: string, template_id: string) =>
      withTenant(db, tenant, (trx) =>
        trx
          .deleteFrom('auth_profile_templates')
          .where('tenant_id', '=', tenant)
          .where('template_id', '=', template_id)
          .returning(['owner_sub', 'name'])
          .executeTakeFirst(),
      ),
  }
}
