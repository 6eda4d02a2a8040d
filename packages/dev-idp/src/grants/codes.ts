import type { Idp } from '../idp.ts'
import { hasBrowserSession, sidOf } from '../sign-in/sessions.ts'

/** An authorisation code as oidc-provider stores it; times in Unix seconds. */
export interface Code {
  clientId: string
  accountId: string
  redirectUri: string
  scope: string
  sessionUid: string
  authTime: number
  codeChallenge?: string
  nonce?: string
  /** An online code dies with its browser session. */
  expiresWithSession?: boolean
}

/** Takes a code out in one step; a second attempt ends what the first began (RFC 6749 §4.1.2), but not offline. */
export function takeCode({ records, logins, realm }: Idp, value: string): Code | undefined {
  const code = records.find<Code>('AuthorizationCode', value)
  if (code === undefined) {
    const spent = records.find<Code>('SpentCode', value)
    const login = spent && logins.find(sidOf(spent.sessionUid), spent.clientId, false)
    if (login !== undefined) logins.end(login)
    return undefined
  }
  records.remove('AuthorizationCode', value)
  records.put('SpentCode', value, code, realm.accessCodeLifespan)
  return code.expiresWithSession === true && !hasBrowserSession(records, code.sessionUid) ? undefined : code
}
