import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Store } from '@munjigi/store/store'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { loginExpired, otherBrowser } from '../problems.ts'
import type { Settings } from '../settings.ts'
import type { Login } from './idp.ts'

const LIFE_MS = 10 * 60_000
const SECRET = /^[A-Za-z0-9_-]{43}$/

interface LoginRecord {
  nonce: string
  browser: string
}

const keyOf = (state: string) => `sso_login:{${state}}`
const newSecret = () => randomBytes(32).toString('base64url')
const hashOf = (secret: string) => createHash('sha256').update(secret).digest('base64url')

/** A front end on plain localhost may begin the login there, and no browser takes a `__Host-` cookie from it. */
function cookieName({ idp, frontendUrl }: Settings): string {
  const isSecure = [idp.redirectUrl, frontendUrl].every((url) => url.startsWith('https:'))
  return isSecure ? '__Host-munjigi-login' : 'munjigi-login'
}

/** Remembers a login for 10 minutes and binds it to the browser: one secret per browser, so that tabs do not disturb each other. */
export async function beginLogin(
  { store, settings }: { store: Store; settings: Settings },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Login> {
  const name = cookieName(settings)
  const known = request.cookies[name]
  const browser = known !== undefined && SECRET.test(known) ? known : newSecret()
  const login = { state: newSecret(), nonce: newSecret() }
  const record: LoginRecord = { nonce: login.nonce, browser: hashOf(browser) }
  await store.set(keyOf(login.state), JSON.stringify(record), LIFE_MS)
  // The IdP's form_post comes from another site and carries no Lax cookie.
  reply.setCookie(name, browser, { path: '/', httpOnly: true, secure: true, sameSite: 'none', maxAge: LIFE_MS / 1000 })
  return login
}

/**
 * The login that `state` belongs to, which is thereby spent.
 * @throws Problem 400 `sso-login-expired` or `sso-other-browser`.
 */
export async function takeLogin(
  { store, settings }: { store: Store; settings: Settings },
  request: FastifyRequest,
  state: string,
): Promise<Login> {
  if (!SECRET.test(state)) throw loginExpired()
  const text = await store.take(keyOf(state))
  if (text === undefined) throw loginExpired()
  const { nonce, browser } = JSON.parse(text) as LoginRecord
  const shown = hashOf(request.cookies[cookieName(settings)] ?? '')
  if (!timingSafeEqual(Buffer.from(shown), Buffer.from(browser))) throw otherBrowser()
  return { state, nonce }
}
