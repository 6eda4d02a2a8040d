import { invalidGrant } from './oauth-error.ts'
import type { Realm } from './realm.ts'
import { nowSeconds, type Records } from './records.ts'

/** The last use of one line of refresh tokens, each the successor of the one before. */
interface Chain {
  jti: string
  uses: number
  used_at: number
}

/** One person signed in at one client: Keycloak's client session, online or offline. Times in Unix seconds. */
export interface Login {
  sid: string
  client_id: string
  user_id: string
  offline: boolean
  scope: string
  auth_time: number
  started_at: number
  chains: Record<string, Chain>
}

/** What of a refresh token decides whether it may be used once more. */
export interface RefreshUse {
  jti: string
  reuse_id: string
  iat: number
}

export type Logins = ReturnType<typeof logins>

const idOf = (login: Pick<Login, 'sid' | 'client_id' | 'offline'>) =>
  `${login.offline ? 'offline' : 'online'}:${login.sid}:${login.client_id}`

export function logins(records: Records, realm: Realm) {
  const lifetime = (login: Login) => {
    if (login.offline) return realm.offlineSessionIdleTimeout
    const untilEnd = login.started_at + realm.ssoSessionMaxLifespan - nowSeconds()
    return Math.min(realm.ssoSessionIdleTimeout, untilEnd)
  }
  const save = (login: Login) => records.put('Login', idOf(login), login, lifetime(login))
  const find = (sid: string, client_id: string, offline: boolean) =>
    records.find<Login>('Login', idOf({ sid, client_id, offline }))
  const list = (matches: (login: Login) => boolean) => records.list<Login>('Login').filter(matches)

  return {
    lifetime,
    find,
    findAny: (sid: string, clientId: string) => find(sid, clientId, false) ?? find(sid, clientId, true),
    /** A second sign-in under one browser session joins the first, whose refresh tokens stay good. */
    start(login: Omit<Login, 'chains' | 'started_at'>): Login {
      const earlier = find(login.sid, login.client_id, login.offline)
      const started = { ...login, chains: earlier?.chains ?? {}, started_at: earlier?.started_at ?? nowSeconds() }
      save(started)
      return started
    },
    /** Whether a reused refresh token ended the login, which its other tokens then say. */
    isDetached: (login: Pick<Login, 'sid' | 'client_id' | 'offline'>): boolean =>
      records.find('Detached', idOf(login)) !== undefined,
    end: (login: Login) => records.remove('Login', idOf(login)),
    list,
    /** Gives back the logins that it ended. */
    endWhere(ends: (login: Login) => boolean): Login[] {
      const ended = list(ends)
      for (const login of ended) records.remove('Login', idOf(login))
      return ended
    },

    /** @throws OAuthError ending the whole login when a token comes once more than `refreshTokenMaxReuse` allows. */
    use(login: Login, token: RefreshUse) {
      // It may have ended since it was read, and saving it would bring it back.
      if (find(login.sid, login.client_id, login.offline) === undefined) throw invalidGrant('Session not active')
      const earlier = login.chains[token.reuse_id]
      if (realm.revokeRefreshToken) {
        const refusal = refusalOf(earlier, token, realm.refreshTokenMaxReuse)
        if (refusal !== undefined) {
          records.remove('Login', idOf(login))
          records.put('Detached', idOf(login), true, lifetime(login))
          throw invalidGrant(refusal)
        }
      }
      const uses = earlier?.jti === token.jti ? earlier.uses + 1 : 1
      login.chains[token.reuse_id] = { jti: token.jti, uses, used_at: nowSeconds() }
      save(login)
    },
  }
}

function refusalOf(earlier: Chain | undefined, token: RefreshUse, maxReuse: number): string | undefined {
  if (earlier === undefined) return undefined
  if (earlier.jti === token.jti)
    return earlier.uses > maxReuse ? 'Maximum allowed refresh token reuse exceeded' : undefined
  return token.iat < earlier.used_at ? 'Stale token' : undefined
}
