import { createHash } from 'node:crypto'
import type { Idp } from './idp.ts'
import type { Records } from './records.ts'

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

export function endBrowserSession({ records }: Idp, sid: string): void {
  for (const session of sessions(records)) if (sidOf(session.uid) === sid) records.remove('Session', session.jti)
}

export function endBrowserSessionsOf({ records }: Idp, userId: string): void {
  for (const session of sessions(records)) if (session.accountId === userId) records.remove('Session', session.jti)
}
