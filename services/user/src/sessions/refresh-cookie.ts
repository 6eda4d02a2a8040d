import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Settings } from '../settings.ts'
import { nowSeconds } from '../tokens/token-times.ts'
import { originRefused } from './problems.ts'

type CookieSettings = Pick<Settings, 'frontendUrl' | 'platformIssuer'>

const nameOf = ({ frontendUrl }: CookieSettings) =>
  frontendUrl.startsWith('https:') ? '__Secure-munjigi-refresh' : 'munjigi-refresh'

const attributes = { path: '/api/auth/', httpOnly: true, secure: true, sameSite: 'strict' } as const

export function setRefreshCookie(
  settings: CookieSettings,
  reply: FastifyReply,
  { refresh_token, refresh_exp }: { refresh_token: string; refresh_exp: number },
): void {
  reply.setCookie(nameOf(settings), refresh_token, { ...attributes, maxAge: refresh_exp - nowSeconds() })
}

export function clearRefreshCookie(settings: CookieSettings, reply: FastifyReply): void {
  reply.clearCookie(nameOf(settings), attributes)
}

/** The cookie, whichever page the request comes from: for `GET logout` alone, which SameSite=Strict protects. */
export const peekRefreshCookie = (settings: CookieSettings, request: FastifyRequest): string | undefined =>
  request.cookies[nameOf(settings)]

/** @throws Problem 403 `origin-refused` where the cookie came with a request from a page that is not ours (DESIGN §8). */
export function readRefreshCookie(settings: CookieSettings, request: FastifyRequest): string | undefined {
  const token = peekRefreshCookie(settings, request)
  if (token === undefined) return undefined
  requireOwnPage(settings, request)
  return token
}

/** @throws Problem 403 `origin-refused` where the request comes from a page that is not ours. */
export function requireOwnPage(settings: CookieSettings, request: FastifyRequest): void {
  const ours = [settings.frontendUrl, settings.platformIssuer].map((url) => new URL(url).origin)
  if (!ours.includes(request.headers.origin ?? '')) throw originRefused()
}
