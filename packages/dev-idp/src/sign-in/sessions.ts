import { createHash } from 'node:crypto'
import type { Idp } from '../idp.ts'
import { announceLogouts } from '../logout-notices.ts'
import type { Records } from '../records.ts'

export const SESSION_COOKIE = 'idp-session'

/** A browser's single sign-on session as oidc-provider stores it. */
interface BrowserSession {
  jti: string
  uid: string
  accountId?: string
}

/** Keycloak's session id: 24 base64url characters, one per browser session. */
export const sidOf = (sessionUid: string): string =>
  createHash('sha256').update(sessionUid).digest('base64url').slice(0, 24)

const sessions = (records: Records) => records.list<BrowserSession>('Session')

export const hasBrowserSession = (records: Records, uid: string): boolean =>
  sessions(records).some((session) => session.uid === uid)

/** Ends a session in the browser and at every client, which it tells them; what is offline lives on unless it is meant too. */
export async function endSession(idp: Idp, sid: string, evenOffline: boolean): Promise<void> {
  const { records, logins } = idp
  const ended = logins.endWhere((login) => login.sid === sid && (evenOffline || !login.offline))
  for (const session of sessions(records)) if (sidOf(session.uid) === sid) records.remove('Session', session.jti)
  await announceLogouts(idp, ended)
}

/** The sid of the session whose cookie a browser brought. */
export function sidOfCookie({ records }: Idp, cookie: string | undefined): string | undefined {
  const session = sessions(records).find(({ jti, accountId }) => jti === cookie && accountId !== undefined)
  return session && sidOf(session.uid)
}

export function endBrowserSessionsOf({ records }: Idp, userId: string): void {
  for (const session of sessions(records)) if (session.accountId === userId) records.remove('Session', session.jti)
}
