import { X_TENANT_ID, X_USER_SUB } from '@munjigi/contracts/headers'
import { tokenInvalid } from '@munjigi/identity/claims'
import type { Problem } from '@munjigi/problem'
import { ambiguousHeader } from '../problems.ts'
import { tokenMissing, twoCredentials } from './problems.ts'

const BEARER = /^bearer(?: +(.*))?$/is
const NOWHERE: readonly string[] = []

/** What a request says of its caller; nothing of it is verified yet. */
export interface Caller {
  /** The access token or API key without its scheme; undefined where none was sent. */
  readonly credential: string | undefined
  /** The caller's own `X-User-Sub`. */
  readonly userSub: string | undefined
  /** `X-Tenant-Id`. */
  readonly tenantId: string | undefined
  /** The caller's address; behind trusted proxies the one that they name. */
  readonly address: string
}

/**
 * Reads who calls from the raw headers; `elsewhere` are a handshake's tokens.
 * @throws Problem 400 for two credentials or a header sent twice, 401 for a credential that is not a bearer token.
 */
export function readCaller(rawHeaders: readonly string[], address: string, elsewhere = NOWHERE): Caller {
  return {
    address,
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
    // The length is compared first, so that hardly any header has to be lower-cased.
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
  if (token.includes(' ')) throw tokenInvalid('Send one token after "Bearer", and nothing else')
  return token
}
