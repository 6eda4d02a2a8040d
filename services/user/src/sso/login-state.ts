import { type BrowserLogins, browserCookie, browserLogins } from '@munjigi/identity/browser-login'
import type { Store } from '@munjigi/store/store'
import type { Settings } from '../settings.ts'
import { loginExpired, otherBrowser } from './problems.ts'

const LIFE_MS = 10 * 60_000

/** A front end on plain localhost may begin the login there, and no browser takes a `__Host-` cookie from it. */
function cookieName({ idp, frontendUrl }: Settings): string {
  const isSecure = [idp.redirectUrl, frontendUrl].every((url) => url.startsWith('https:'))
  return isSecure ? '__Host-munjigi-login' : 'munjigi-login'
}

/** Logins under way at the company's IdP, for 10 minutes each. */
export function ssoLogins({ store, settings }: { store: Store; settings: Settings }): BrowserLogins<{ nonce: string }> {
  // The IdP's form_post comes from another site and carries no Lax cookie.
  const crossSite = { path: '/', httpOnly: true, secure: true, sameSite: 'none', maxAge: LIFE_MS / 1000 } as const
  return browserLogins({
    store,
    prefix: 'sso_login',
    lifeMs: LIFE_MS,
    cookie: browserCookie(cookieName(settings), crossSite),
    refusals: { expired: loginExpired, otherBrowser },
  })
}
