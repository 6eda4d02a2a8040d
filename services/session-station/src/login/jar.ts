import { Cookie, CookieJar, type SerializedCookieJar } from 'tough-cookie'
import type { Cookies } from '../egress/egress.ts'

// RFC 6265bis §5.6 and §5.5: what browsers keep of one cookie, and for how long.
const LONGEST_COOKIE = 4096
const LONGEST_AGE_SECONDS = 400 * 24 * 3600
const MOST_COOKIES = 100
// Of names and values together: no server takes as much in one request.
const MOST_CHARACTERS = 65_536

type SerializedCookie = SerializedCookieJar['cookies'][number]

export interface LoginJar extends Cookies {
  /** The newest hundred that have not ended, fewer where they are long; undefined where there is none. The same cookies give the same text. */
  serialise(): string | undefined
  /** What `url` would be sent under that name, else what any other path or host of the jar would. Expiry in epoch ms. */
  find(name: string, url: URL): { value: string; expires?: number } | undefined
}

/** Cookies as browsers keep them (RFC 6265, public suffixes), of and for `origins` alone. */
export function loginJar(serialised: string | undefined, origins: string[]): LoginJar {
  let jar = serialised === undefined ? new CookieJar() : CookieJar.deserializeSync(serialised)
  let taken = 0
  const whole = () => {
    const all = jar.toJSON()
    if (!all) throw new Error('the memory store of the jar is synchronous')
    return { ...all, cookies: all.cookies.filter((cookie) => (Cookie.fromJSON(cookie)?.TTL() ?? 0) > 0) }
  }

  function serialise(): string | undefined {
    const all = whole()
    const cookies = newest(all.cookies).map(({ lastAccessed: _, ...cookie }) => cookie)
    return cookies.length > 0 ? JSON.stringify({ ...all, cookies }) : undefined
  }

  return {
    headerFor(url) {
      if (!origins.includes(url.origin)) return undefined
      return jar.getCookieStringSync(url.href) || undefined
    },

    take(url, setCookies) {
      if (!origins.includes(url.origin)) return
      for (const text of setCookies.slice(-MOST_COOKIES)) {
        const cookie = cookieIn(text)
        if (!cookie) continue
        jar.setCookieSync(cookie, url.href, { ignoreError: true })
        taken += 1
      }
      if (taken <= 2 * MOST_COOKIES) return
      // A login has many answers, and each look at the jar goes through all of it.
      const kept = serialise()
      jar = kept === undefined ? new CookieJar() : CookieJar.deserializeSync(kept)
      taken = 0
    },

    serialise,

    find(name, url) {
      const named = ({ key }: { key?: string }) => key === name
      const cookie = jar.getCookiesSync(url.href).find(named) ?? Cookie.fromJSON(whole().cookies.findLast(named))
      if (!cookie) return undefined
      const expires = cookie.expiryTime()
      return { value: cookie.value, ...(expires !== undefined && Number.isFinite(expires) && { expires }) }
    },
  }
}

function newest(cookies: SerializedCookie[]): SerializedCookie[] {
  let left = MOST_CHARACTERS
  const isKept = ({ key = '', value = '' }: SerializedCookie) => {
    left -= String(key).length + String(value).length
    return left >= 0
  }
  const latest = cookies.slice(-MOST_COOKIES)
  const first = latest.findLastIndex((cookie) => !isKept(cookie))
  return latest.slice(first + 1)
}

function cookieIn(text: string): Cookie | undefined {
  const cookie = text.length <= LONGEST_COOKIE ? Cookie.parse(text) : undefined
  if (cookie) endByDate(cookie)
  return cookie
}

// tough-cookie counts Max-Age from the last use: what is used would never end.
function endByDate(cookie: Cookie): void {
  if (typeof cookie.maxAge !== 'number') return
  cookie.setExpires(new Date(Date.now() + Math.min(cookie.maxAge, LONGEST_AGE_SECONDS) * 1000))
  cookie.maxAge = null
}
