import { type SqlBool, sql, type Transaction } from 'kysely'
import { recordEvent } from '../audit/audit.ts'
import type { UserDeps } from '../deps.ts'
import { lockPerson } from '../people/person-rows.ts'
import { insertSession } from '../sessions/new-session.ts'
import { type Opening, openSession, type Session } from '../sessions/open-session.ts'
import type { Tables } from '../tables.ts'
import { isUniqueViolation } from '../unique-violation.ts'
import type { SignedIn } from './idp.ts'
import { type Newcomer, newcomer } from './newcomer.ts'
import { loginIdTaken } from './problems.ts'
import { provision } from './provision.ts'

/** Makes or updates the person whom the IdP vouches for and opens a session of theirs, or refuses and leaves none. */
export async function signIn(
  deps: UserDeps,
  identity: SignedIn,
  opening: Pick<Opening, 'accessTtl' | 'caller'>,
): Promise<Session> {
  const who = newcomer(deps, identity, opening.caller.request_id)
  const { id_token, issuer } = identity
  const sso = { ...opening, way: 'sso', id_token, details: { issuer }, insert: insertSession } as const
  return openSession(deps, sso, async (trx) => {
    const sub = await provision(trx, who)
    await deps.outbox.askApproval(trx, sub)
    const person = await lockPerson(trx, sub)
    if (person === undefined) throw new Error('a person without a tenant')
    return person
  })
    .then(async (session) => {
      // The sign-in may have changed their rights.
      await deps.events.personChanged(session.person.sub)
      return session
    })
    .catch((error: unknown) => refuse(deps, who, error))
    .finally(deps.sender.wake)
}

/** Audits a refused attempt, whose own transaction has been rolled back. */
async function refuse({ db }: UserDeps, who: Newcomer, error: unknown): Promise<never> {
  const refusal = isUniqueViolation(error) ? loginIdTaken() : error
  if ((refusal as { type?: unknown }).type !== loginIdTaken().type) throw refusal
  const { user_id } = who.profile
  const { issuer, sub } = who.identity
  await db.transaction().execute(async (trx) =>
    recordEvent(trx, {
      actor: null,
      action: 'sso.login-id-taken',
      target: null,
      tenant_id: await tenantOf(trx, user_id),
      request_id: who.requestId,
      details: { user_id, issuer, sub },
    }),
  )
  throw refusal
}

/** The line reveals that there is such a person, so only their own tenant may read it. */
async function tenantOf(trx: Transaction<Tables>, user_id: string): Promise<string | null> {
  const isTheirs = sql<SqlBool>`lower(user_id) = lower(${user_id})`
  return (await trx.selectFrom('people').select('tenant_id').where(isTheirs).executeTakeFirst())?.tenant_id ?? null
}
