import { Cookie, CookieJar } from 'tough-cookie'
import type { Cookies } from '../egress/egress.ts'

// RFC 6265bis §5.6 and §5.5: what browsers keep of one cookie, and for how long.
const LONGEST_COOKIE = 4096
const LONGEST_AGE_SECONDS = 400 * 24 * 3600
const MOST_COOKIES = 100

export interface LoginJar extends Cookies {
  /** The newest hundred that have not ended; undefined where there is none. The same cookies give the same text. */
  serialise(): string | undefined
  /** What `url` would be sent under that name, else what any other path or host of the jar would. Expiry in epoch ms. */
  find(name: string, url: URL): { value: string; expires?: number } | undefined
}

/** Cookies as browsers keep them (RFC 6265, public suffixes), of and for `origins` alone. */
export function loginJar(serialised: string | undefined, origins: string[]): LoginJar {
  const jar = serialised === undefined ? new CookieJar() : CookieJar.deserializeSync(serialised)
  const whole = () => {
    const all = jar.toJSON()
    if (!all) throw new Error('the memory store of the jar is synchronous')
    return { ...all, cookies: all.cookies.filter((cookie) => (Cookie.fromJSON(cookie)?.TTL() ?? 0) > 0) }
  }

  return {
    headerFor(url) {
      if (!origins.includes(url.origin)) return undefined
      return jar.getCookieStringSync(url.href) || undefined
    },

    take(url, setCookies) {
      if (!origins.includes(url.origin)) return
      for (const text of setCookies) {
        const cookie = text.length <= LONGEST_COOKIE ? Cookie.parse(text) : undefined
        if (!cookie) continue
        endByDate(cookie)
        jar.setCookieSync(cookie, url.href, { ignoreError: true })
      }
    },

    serialise() {
      const all = whole()
      const cookies = all.cookies.slice(-MOST_COOKIES).map(({ lastAccessed: _, ...cookie }) => cookie)
      return cookies.length > 0 ? JSON.stringify({ ...all, cookies }) : undefined
    },

    find(name, url) {
      const named = ({ key }: { key?: string }) => key === name
      const cookie = jar.getCookiesSync(url.href).find(named) ?? Cookie.fromJSON(whole().cookies.findLast(named))
      if (!cookie) return undefined
      const expires = cookie.expiryTime()
      return { value: cookie.value, ...(expires !== undefined && Number.isFinite(expires) && { expires }) }
    },
  }
}

// tough-cookie counts Max-Age from the last use: what is used would never end.
function endByDate(cookie: Cookie): void {
  if (typeof cookie.maxAge !== 'number') return
  cookie.setExpires(new Date(Date.now() + Math.min(cookie.maxAge, LONGEST_AGE_SECONDS) * 1000))
  cookie.maxAge = null
}
