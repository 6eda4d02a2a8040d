import type { Kysely } from 'kysely'
import { ADMIN_PAGE } from '../admin/rights.ts'
import type { Tables } from '../tables.ts'

const columns = ['sub', 'email', 'language_preference'] as const

export interface Recipient {
  sub: string
  email: string
  language: 'ko' | 'en'
}

type Row = { sub: string; email: string | null; language_preference: 'ko' | 'en' }

const toRecipients = (rows: Row[]): Recipient[] =>
  rows.flatMap(({ sub, email, language_preference }) => (email ? [{ sub, email, language: language_preference }] : []))

export async function recipientOf(db: Kysely<Tables>, sub: string): Promise<Recipient[]> {
  return toRecipients(await db.selectFrom('people').select(columns).where('sub', '=', sub).execute())
}

/** Superusers, and who administers in the tenant: by section admin-page at level admin, their own or a group's. */
export async function approversOf(db: Kysely<Tables>, tenantId: string): Promise<Recipient[]> {
  const { id, level } = ADMIN_PAGE
  const holders = db
    .selectFrom('section_grants')
    .select('person_sub')
    .where('section_id', '=', id)
    .where('level', '=', level)
    .union(
      db
        .selectFrom('group_sections')
        .innerJoin('group_members', 'group_members.group_id', 'group_sections.group_id')
        .select('person_sub')
        .where('section_id', '=', id)
        .where('level', '=', level),
    )
  const able = db.selectFrom('people').select(columns).where('status', '=', 'active').where('role', '<>', 'PENDING')
  const rows = await able
    .where('superuser', '=', true)
    .union(able.where('tenant_id', '=', tenantId).where('sub', 'in', holders))
    .execute()
  return toRecipients(rows)
}
