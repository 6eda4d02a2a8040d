import { type BrowserCookie, type BrowserLogins, browserCookie, browserLogins } from '@munjigi/identity/browser-login'
import type { Store } from '@munjigi/store/store'
import type { Link } from '../links/lit.ts'
import { invalidOrExpiredState, otherBrowser } from '../problems.ts'
import type { RelaySettings } from '../settings.ts'

interface Login {
  link: Link
  nonce: string
  codeVerifier: string
}

/** What tells browsers apart at the relay; the way back from the IdP is a GET of the whole page, which carries Lax cookies. */
export function relayCookie({ baseUrl, stateTtlSeconds }: RelaySettings): BrowserCookie {
  const secure = baseUrl.startsWith('https:')
  return browserCookie(secure ? '__Host-munjigi-relay' : 'munjigi-relay', {
    path: '/',
    httpOnly: true,
    secure,
    sameSite: 'lax',
    maxAge: stateTtlSeconds,
  })
}

/** Logins under way at the IdPs of all clients. */
export function relayLogins(deps: { store: Store; settings: RelaySettings }): BrowserLogins<Login> {
  return browserLogins({
    store: deps.store,
    prefix: 'relay_login',
    lifeMs: deps.settings.stateTtlSeconds * 1000,
    cookie: relayCookie(deps.settings),
    refusals: { expired: invalidOrExpiredState, otherBrowser },
  })
}
