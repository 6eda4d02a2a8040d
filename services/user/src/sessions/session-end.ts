import type { Store } from '@munjigi/store/store'
import { recordOwn } from '../audit/audit.ts'
import type { UserDeps } from '../deps.ts'
import { lockPerson } from '../people/people.ts'
import { endSession } from './sessions.ts'

const blacklistKey = (sid: string) => `refresh_blacklist:{${sid}}`

/** The fast path of source 003 §4; the database decides, so a store that is gone says no. */
export const isBlacklisted = async (store: Pick<Store, 'get'>, sid: string): Promise<boolean> =>
  (await store.get(blacklistKey(sid)).catch(() => undefined)) !== undefined

/** After the commit that ended sessions of a person: refused at once by every process, and gateways are told. */
export async function tellEnds(
  { store, settings, events }: Pick<UserDeps, 'store' | 'settings' | 'events'>,
  person_sub: string,
  sids: string[],
): Promise<void> {
  const blacklisted = sids.map((sid) =>
    store.set(blacklistKey(sid), '1', settings.refreshTtl * 1000).catch(() => {
      // Only the fast path is lost: the database knows that the session has ended.
    }),
  )
  await Promise.all([...blacklisted, events.personChanged(person_sub)])
}

/** Signs out of one session; what it held of the IdP's id_token comes back for the IdP's own sign-out. */
export async function signOut(
  deps: UserDeps,
  session: { sid: string; person_sub: string },
  requestId: string,
): Promise<string | undefined> {
  const ended = await deps.db.transaction().execute(async (trx) => {
    const person = await lockPerson(trx, session.person_sub)
    const live = await endSession(trx, session.sid)
    if (live === undefined || person === undefined) return undefined
    await recordOwn(trx, person, {
      action: 'session.ended',
      request_id: requestId,
      details: { sid: session.sid },
    })
    return live
  })
  if (ended === undefined) return undefined
  await tellEnds(deps, session.person_sub, [session.sid])
  if (ended.id_token_sealed === null) return undefined
  return deps.settings.sealing.open(ended.id_token_sealed, `id-token:${session.sid}`)
}
