import { withTenant } from '@munjigi/db/tenant'
import { requireOwnLogin } from '@munjigi/identity/own-login'
import { platformTokenRequired, requireUser } from '@munjigi/identity/user-context'
import type { FastifyRequest } from 'fastify'
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../tables.ts'
import { lockPerson, type PersonRow } from './person-rows.ts'
import { requireStanding } from './standing.ts'

/** Somebody who signed in themselves, and the session that their request belongs to. */
interface SignedIn {
  person: PersonRow
  sid: string | undefined
}

/** @throws Problem 403 for API keys, acting clients and other issuers' tokens, and as `requireStanding` */
export async function requireSignedIn(db: Kysely<Tables>, request: FastifyRequest): Promise<SignedIn> {
  const { token } = requireUser(request)
  if (!token.issuer.isPlatform) throw platformTokenRequired()
  requireOwnLogin(request)
  const { person } = await requireStanding(db, token)
  return { person, sid: token.sid }
}

/**
 * Makes a change to something of the caller's own, one at a time and inside their tenant. Whether they may is checked again
 * under the lock.
 */
export async function changeOwn<Result>(
  db: Kysely<Tables>,
  request: FastifyRequest,
  change: (trx: Transaction<Tables>, own: SignedIn) => Promise<Result>,
): Promise<Result> {
  const { person } = await requireSignedIn(db, request)
  return withTenant(db, person.tenant_id, async (trx) => {
    await lockPerson(trx, person.sub)
    return change(trx, await requireSignedIn(trx, request))
  })
}
