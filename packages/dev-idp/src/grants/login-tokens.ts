import { randomUUID } from 'node:crypto'
import type { Subject } from '../claims.ts'
import type { Idp } from '../idp.ts'
import type { Login } from '../logins.ts'
import { notBeforePolicy } from '../people.ts'
import type { Origin } from '../tokens.ts'

interface LoginTokens {
  subject: Subject
  login: Login
  origin: Origin
  /** The line of refresh tokens this one continues; absent after a sign-in. */
  reuseId?: string
  nonce?: string | undefined
}

/** The token endpoint's answer for somebody who signed in: access, refresh and, under `openid`, id token. */
export async function loginTokens({ tokens, logins, realm }: Idp, request: LoginTokens) {
  const { subject, login } = request
  const lifetime = logins.lifetime(login)
  const accessToken = await tokens.accessToken({ subject, login, origin: request.origin })
  return {
    access_token: accessToken,
    expires_in: realm.accessTokenLifespan,
    // 0 means that it has no end.
    refresh_expires_in: login.offline ? 0 : lifetime,
    refresh_token: await tokens.refreshToken(login, lifetime, request.reuseId ?? randomUUID()),
    token_type: 'Bearer',
    ...(subject.scopes.has('openid') && {
      id_token: await tokens.idToken(subject, login, { nonce: request.nonce, accessToken }),
    }),
    'not-before-policy': notBeforePolicy(realm, subject.person),
    session_state: login.sid,
    scope: login.scope,
  }
}
