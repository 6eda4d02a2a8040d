import { recordOwn } from '../audit/audit.ts'
import type { UserDeps } from '../deps.ts'
import { findPerson } from '../people/person-rows.ts'
import { endSession } from './sessions.ts'

/** Signs out of one session and gives the id_token that it held, for the IdP's own sign-out. */
export async function signOut(
  deps: UserDeps,
  session: { sid: string; person_sub: string },
  requestId: string,
): Promise<string | undefined> {
  const ended = await deps.db.transaction().execute(async (trx) => {
    const live = await endSession(trx, session.sid)
    // Who moves them to another tenant waits for the session.
    const person = live && (await findPerson(trx, session.person_sub))
    if (person === undefined) return undefined
    await recordOwn(trx, person, {
      action: 'session.ended',
      request_id: requestId,
      details: { sid: session.sid },
    })
    return live
  })
  if (ended === undefined) return undefined
  await deps.events.personChanged(session.person_sub)
  if (ended.id_token_sealed === null) return undefined
  return deps.settings.sealing.open(ended.id_token_sealed, `id-token:${session.sid}`)
}
