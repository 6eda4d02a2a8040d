import type { Person } from '@munjigi/contracts/people'
import { requireOwnLogin } from '@munjigi/identity/own-login'
import type { FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'
import { recordEvent } from '../audit/audit.ts'
import type { AdminDeps } from '../deps.ts'
import { people } from '../people/people-list.ts'
import { personNotFound, superuserRequired } from '../problems.ts'
import type { Tables } from '../tables.ts'
import { administer, requireAdministrator } from './administrator.ts'
import { lockPeople } from './people-lock.ts'
import type { PersonChange } from './person-change.ts'
import { lastAdministrator, ownRights } from './problems.ts'
import { requireTarget } from './target.ts'

/**
 * Changes a person under locks: the audit line stands or falls with it, gateways are told after the commit, nobody
 * changes themselves, acts above their own rights, or leaves the house without a superuser.
 */
export async function changePerson(
  { db, events }: AdminDeps,
  request: FastifyRequest,
  sub: string,
  change: PersonChange,
): Promise<Person> {
  requireOwnLogin(request)
  const person = await administer(db, request, async (trx, asked) => {
    // Whoever may not act on somebody does not hold them either.
    await requireTarget(trx, asked, sub)
    await lockPeople(trx, [asked.sub, sub])
    const actor = await requireAdministrator(trx, request)
    // Whoever has stopped being superuser by now must not go on in a transaction across tenants.
    if (asked.superuser && !actor.superuser) throw superuserRequired()
    const target = await requireTarget(trx, actor, sub)
    const done = await change({ trx, actor, target })
    if (target.superuser && !(await hasSuperuser(trx))) throw lastAdministrator()
    if (done && target.sub === actor.sub) throw ownRights()
    if (done) {
      const { tenant_id } = target
      await recordEvent(trx, { ...done, actor: actor.sub, target: sub, tenant_id, request_id: request.id })
    }
    return people(trx).find(sub)
  })
  if (!person) throw personNotFound()
  await events.personChanged(sub)
  return person
}

async function hasSuperuser(trx: Transaction<Tables>): Promise<boolean> {
  const row = await trx
    .selectFrom('people')
    .innerJoin('tenants', 'tenants.id', 'people.tenant_id')
    .select('sub')
    .where('superuser', '=', true)
    .where('people.status', '=', 'active')
    .where('tenants.status', '=', 'active')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
