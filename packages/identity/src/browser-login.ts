import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { CookieSerializeOptions } from '@fastify/cookie'
import type { Problem } from '@munjigi/problem'
import type { Store } from '@munjigi/store/store'
import type { FastifyReply, FastifyRequest } from 'fastify'

const SECRET = /^[A-Za-z0-9_-]{43}$/

/** A secret that nobody guesses: 32 random bytes as base64url. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

const hashOf = (secret: string) => createHash('sha256').update(secret).digest()

export interface BrowserCookie {
  read(request: FastifyRequest): string | undefined
  /** The secret that the browser has, or a new one; its life begins anew. */
  renew(request: FastifyRequest, reply: FastifyReply): string
}

/** A cookie that tells browsers apart: one secret for each, so that its tabs do not disturb each other. */
export function browserCookie(name: string, options: CookieSerializeOptions): BrowserCookie {
  const read = (request: FastifyRequest) => {
    const value = request.cookies[name]
    return value !== undefined && SECRET.test(value) ? value : undefined
  }
  return {
    read,
    renew(request, reply) {
      const secret = read(request) ?? newSecret()
      reply.setCookie(name, secret, options)
      return secret
    },
  }
}

interface BrowserLoginOptions {
  store: Store
  /** Stands before the state in the store. */
  prefix: string
  lifeMs: number
  cookie: BrowserCookie
  refusals: { expired: () => Problem; otherBrowser: () => Problem }
}

export interface BrowserLogins<Login> {
  /** Remembers a login and gives its `state` (RFC 6749 §10.12). */
  begin(request: FastifyRequest, reply: FastifyReply, login: Login): Promise<string>
  /**
   * Spends `state`, whoever sends it, and gives the login that it belongs to.
   * @throws Problem of `refusals`
   */
  take(request: FastifyRequest, state: string): Promise<Login>
}

/** Logins under way at an identity provider: each ends once, within its life, in the browser that began it. */
export function browserLogins<Login extends object>(options: BrowserLoginOptions): BrowserLogins<Login> {
  const { store, prefix, lifeMs, cookie, refusals } = options
  const keyOf = (state: string) => `${prefix}:{${state}}`

  return {
    async begin(request, reply, login) {
      const browser = hashOf(cookie.renew(request, reply)).toString('base64url')
      const state = newSecret()
      await store.set(keyOf(state), JSON.stringify({ login, browser }), lifeMs)
      return state
    },
    async take(request, state) {
      const text = SECRET.test(state) ? await store.take(keyOf(state)) : undefined
      if (text === undefined) throw refusals.expired()
      const { login, browser } = JSON.parse(text) as { login: Login; browser: string }
      const shown = hashOf(cookie.read(request) ?? '')
      if (!timingSafeEqual(shown, Buffer.from(browser, 'base64url'))) throw refusals.otherBrowser()
      return login
    },
  }
}
