import type { Transaction } from 'kysely'
import { ADMIN_PAGE, holdsGrant, mayActOn, type Rights } from '../admin/rights.ts'
import { findPerson, type PersonRow } from '../people/person-rows.ts'
import { listSections } from '../people/sections.ts'
import { isActive } from '../people/standing.ts'
import type { Tables } from '../tables.ts'

const rightsOf = async (trx: Transaction<Tables>, person: PersonRow): Promise<Rights> => ({
  ...person,
  sections: await listSections(trx, person),
})

/**
 * Whether the administrator who made a link could make it now. If the person has been raised above them or moved to another
 * tenant since, or they are no administrator any more, the link must let nobody in.
 */
export async function mayStillReset(trx: Transaction<Tables>, issuer: string, person: PersonRow): Promise<boolean> {
  const found = await findPerson(trx, issuer)
  if (found === undefined || !isActive(found) || found.role === 'PENDING') return false
  const actor = await rightsOf(trx, found)
  if (!holdsGrant(actor, ADMIN_PAGE)) return false
  return (actor.superuser || actor.tenant_id === person.tenant_id) && mayActOn(actor, await rightsOf(trx, person))
}
