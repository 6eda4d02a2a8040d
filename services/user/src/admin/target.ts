import type { Kysely } from 'kysely'
import { listSections } from '../people/sections.ts'
import { aboveOwnRights, personNotFound } from '../problems.ts'
import type { Tables } from '../tables.ts'
import { mayActOn, type Rights } from './rights.ts'

/** A person whom an administrator acts on, or whose sessions and keys they look at. */
export interface Target extends Rights {
  status: string
}

/** @throws Problem 404 `person-not-found`, also for another tenant's person; 403 `above-own-rights` */
export async function requireTarget(db: Kysely<Tables>, actor: Rights, sub: string): Promise<Target> {
  const row = await db
    .selectFrom('people')
    .select(['sub', 'tenant_id', 'role', 'superuser', 'status'])
    .where('sub', '=', sub)
    .executeTakeFirst()
  if (!row || (!actor.superuser && row.tenant_id !== actor.tenant_id)) throw personNotFound()
  const target = { ...row, sections: await listSections(db, row) }
  if (!mayActOn(actor, target)) throw aboveOwnRights()
  return target
}
