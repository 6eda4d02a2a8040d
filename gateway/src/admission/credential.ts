import { X_TENANT_ID, X_USER_SUB } from '@munjigi/contracts/headers'
import type { Problem } from '@munjigi/problem'
import { ambiguousHeader, tokenMalformed, tokenMissing, twoCredentials } from '../problems.ts'

const BEARER = /^bearer(?: +(.*))?$/is
const NOWHERE: readonly string[] = []
/** `token` for readers that also part pairs at `;`, know no case, trim, or make lists. */
const TOKEN_NAME = /^\W*token\W*(?:\[.*)?$/is

/** What a request says of its caller; nothing of it is verified yet. */
export interface Caller {
  /** The access token or API key without its scheme; undefined where none was sent. */
  readonly credential: string | undefined
  /** The caller's own `X-User-Sub`. */
  readonly userSub: string | undefined
  /** `X-Tenant-Id`. */
  readonly tenantId: string | undefined
}

/** What of a WebSocket's handshake may carry a token, and what is left of it for the upstream. */
export interface Handshake {
  /** Found in `?token=` and after the subprotocol `bearer`. */
  readonly tokens: readonly string[]
  /** Query without `token`, for the upstream; undefined where nothing is left. */
  readonly query: string | undefined
  /** Subprotocols without `bearer` and its token. */
  readonly protocols: readonly string[]
  /** `bearer` is what the gateway answers where the upstream chooses none. */
  readonly offersBearer: boolean
}

/**
 * Reads who calls from the raw headers; `elsewhere` are a handshake's tokens.
 * @throws Problem 400 where there are two credentials or a header stands there twice, 401 where the one is no bearer.
 */
export function readCaller(rawHeaders: readonly string[], elsewhere = NOWHERE): Caller {
  return {
    credential: onlyCredential(onlyValue(rawHeaders, 'authorization', twoCredentials), elsewhere),
    userSub: onlyValue(rawHeaders, X_USER_SUB, ambiguousUserSub),
    tenantId: onlyValue(rawHeaders, X_TENANT_ID, ambiguousTenantId),
  }
}

const ambiguousUserSub = () => ambiguousHeader('X-User-Sub')
const ambiguousTenantId = () => ambiguousHeader('X-Tenant-Id')

function onlyValue(rawHeaders: readonly string[], name: string, twice: () => Problem): string | undefined {
  let value: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const given = rawHeaders[i] as string
    // The length first: hardly any header needs to be put into lower case.
    if (given.length !== name.length || given.toLowerCase() !== name) continue
    if (value !== undefined) throw twice()
    value = rawHeaders[i + 1]
  }
  return value
}

function onlyCredential(authorization: string | undefined, elsewhere: readonly string[]): string | undefined {
  if (authorization === undefined) {
    if (elsewhere.length > 1) throw twoCredentials()
    return elsewhere.length === 0 ? undefined : requireOneToken(elsewhere[0] as string)
  }
  if (elsewhere.length > 0) throw twoCredentials()
  const token = authorization.startsWith('Bearer ') ? authorization.slice(7) : BEARER.exec(authorization)?.[1]
  if (token === undefined) throw authorization.includes(',') ? twoCredentials() : tokenMissing()
  return requireOneToken(token)
}

function requireOneToken(token: string): string {
  if (token.includes(',')) throw twoCredentials()
  if (token === '') throw tokenMissing()
  if (token.includes(' ')) throw tokenMalformed()
  return token
}

/** Finds the tokens of an upgrade and takes them out of what is forwarded. Never throws: an open route reads none. */
export function readHandshake(rawHeaders: readonly string[], query: string | undefined): Handshake {
  const tokens: string[] = []
  const left = takeTokens(query, tokens)
  const offered = listProtocols(rawHeaders)
  const protocols: string[] = []
  for (let i = 0; i < offered.length; i++) {
    if (offered[i] !== 'bearer') protocols.push(offered[i] as string)
    else tokens.push(offered[++i] ?? '')
  }
  return { tokens, query: left, protocols, offersBearer: offered.includes('bearer') }
}

function takeTokens(query: string | undefined, tokens: string[]): string | undefined {
  if (query === undefined || !/token|%/i.test(query)) return query
  const left = query.replace(/[&;]?([^&;]*)/g, (whole, pair: string) => {
    // Any spelling an upstream might read as `token` is taken out, so that no token goes on in a URL.
    const [[name, value] = ['', '']] = new URLSearchParams(`&${pair}`)
    if (!TOKEN_NAME.test(name)) return whole
    tokens.push(value)
    return ''
  })
  return tokens.length === 0 ? query : left.replace(/^[&;]/, '') || undefined
}

function listProtocols(rawHeaders: readonly string[]): string[] {
  const protocols: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'sec-websocket-protocol') continue
    protocols.push(...(rawHeaders[i + 1] as string).split(',').map((text) => text.trim()))
  }
  return protocols.filter((protocol) => protocol !== '')
}
