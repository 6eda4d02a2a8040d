import { randomBytes } from 'node:crypto'
import type { TokenAnswer } from '@munjigi/contracts/tokens'
import type { UserDeps } from '../deps.ts'
import { lockPerson } from '../people/person-rows.ts'
import { assertStanding } from '../people/standing.ts'
import type { Session } from '../sessions/open-session.ts'
import { readRefreshToken } from '../sessions/refresh-token.ts'
import { findSession, prolongSession } from '../sessions/sessions.ts'
import { issueAccessToken } from '../tokens/access-token.ts'
import { earliestIat } from '../tokens/token-times.ts'
import { unknownCode } from './problems.ts'

const CODE_LIFE_MS = 60_000
const CODE = /^[A-Za-z0-9_-]{43}$/

const keyOf = (code: string) => `sso_code:{${code}}`

/** The front end's address with what the browser fetches its access token by (DESIGN §8). */
export async function deliver(deps: UserDeps, session: Session): Promise<URL> {
  const url = new URL(`${deps.settings.frontendUrl}/`)
  if (deps.settings.delivery === 'token') {
    url.searchParams.set('token', await issueAccessToken(deps, session.person, session.facts))
    return url
  }
  const code = randomBytes(32).toString('base64url')
  await deps.store.set(keyOf(code), session.facts.sid, CODE_LIFE_MS)
  url.searchParams.set('code', code)
  return url
}

/**
 * The access token for a one-time code. Without the refresh cookie of the same sign-in a code is worth nothing, so that
 * nobody can sign another browser in as themselves.
 */
export async function exchangeCode(deps: UserDeps, code: string, cookie: string | undefined): Promise<TokenAnswer> {
  const sid = CODE.test(code) ? await deps.store.take(keyOf(code)) : undefined
  const claims = cookie === undefined ? undefined : await readRefreshToken(cookie, deps.keys)
  if (sid === undefined || claims?.sid !== sid) throw unknownCode()
  const { accessTtl } = deps.settings
  const { person, iat } = await deps.db.transaction().execute(async (trx) => {
    const person = await lockPerson(trx, claims.sub)
    const session = await findSession(trx, sid)
    if (person === undefined || session === undefined) throw unknownCode()
    assertStanding(person, { iat: claims.iat, session }, unknownCode)
    const iat = earliestIat(person)
    await prolongSession(trx, sid, iat + accessTtl).execute()
    return { person, iat }
  })
  const access_token = await issueAccessToken(deps, person, { iat, exp: iat + accessTtl, sid })
  return { access_token, token_type: 'Bearer', expires_in: accessTtl }
}
