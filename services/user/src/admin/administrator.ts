import { withTenant } from '@munjigi/db/tenant'
import { platformTokenRequired, requireUser, type UserContext } from '@munjigi/identity/user-context'
import type { FastifyRequest } from 'fastify'
import type { Kysely, Transaction } from 'kysely'
import { listSections } from '../people/sections.ts'
import { requireStanding } from '../people/standing.ts'
import { approvalPending, superuserRequired } from '../problems.ts'
import type { Tables } from '../tables.ts'
import { sectionRequired } from './problems.ts'
import { ADMIN_PAGE, holdsGrant, type Rights } from './rights.ts'

/** Marks a route in the OpenAPI document as one for superusers. */
export const FOR_SUPERUSERS = { 'x-superuser': true }

/** The caller with the rights that the database knows of now, whatever the token says. */
export async function requireAdministrator(db: Kysely<Tables>, request: FastifyRequest): Promise<Rights> {
  const user = requireUser(request)
  if (!user.token.issuer.isPlatform) throw platformTokenRequired()
  const rights = await requireLiveRights(db, user)
  if (!holdsGrant(rights, ADMIN_PAGE)) throw sectionRequired()
  return rights
}

/**
 * Runs what an administrator asks for in one transaction: inside their own tenant under row-level security, across
 * tenants where they are superuser. `work` is given the administrator's rights as they were just before.
 */
export async function administer<Result>(
  db: Kysely<Tables>,
  request: FastifyRequest,
  work: (trx: Transaction<Tables>, actor: Rights) => Promise<Result>,
): Promise<Result> {
  const actor = await requireAdministrator(db, request)
  const step = (trx: Transaction<Tables>) => work(trx, actor)
  return actor.superuser ? db.transaction().execute(step) : withTenant(db, actor.tenant_id, step)
}

/** Sections and groups belong to all tenants, so only somebody who acts in all of them may change them. */
export async function requireSuperuser(db: Kysely<Tables>, request: FastifyRequest): Promise<Rights> {
  const rights = await requireAdministrator(db, request)
  if (!rights.superuser) throw superuserRequired()
  return rights
}

async function requireLiveRights(db: Kysely<Tables>, { token }: UserContext): Promise<Rights> {
  const { person } = await requireStanding(db, token)
  if (person.role === 'PENDING') throw approvalPending()
  const { sub, tenant_id, role, superuser } = person
  return { sub, tenant_id, role, superuser, sections: await listSections(db, person) }
}
