import { Problem } from '@munjigi/problem'
import { forbidden } from '../problems.ts'
import type { Limit } from '../table/limits.ts'

/** RFC 6750 §3: a 401 names the scheme, and `invalid_token` where a credential was sent. */
const unauthenticated = (type: string, title: string, detail: string, challenge = 'Bearer error="invalid_token"') =>
  new Problem(401, type, title, { detail, headers: { 'www-authenticate': challenge } })

export const tokenMissing = () =>
  unauthenticated('token-missing', 'A token is needed', 'Send Authorization: Bearer <access token>', 'Bearer')
export const tokenOutdated = () =>
  unauthenticated('token-outdated', 'The token was withdrawn', 'All earlier sign-ins were ended: sign in again')
export const sessionEnded = () =>
  unauthenticated('session-ended', 'The session has ended', 'It was signed out or revoked: sign in again')
export const unknownCredential = () =>
  unauthenticated('unknown-credential', 'The API key is not known', 'Check the key, or create a new one')
export const userSubMismatch = () =>
  unauthenticated(
    'user-sub-mismatch',
    'X-User-Sub is not the subject of the token',
    "Leave X-User-Sub out, or send the token's own subject",
  )
export const twoCredentials = () =>
  new Problem(400, 'two-credentials', 'More than one credential was sent', {
    detail: 'Send exactly one: one Authorization header, or on a WebSocket ?token= or a bearer subprotocol',
    headers: { 'www-authenticate': 'Bearer error="invalid_request"' },
  })
/** What another service said of the caller's credential. */
export const challenged = (refusal: Problem): Problem =>
  refusal.status === 401 ? unauthenticated(refusal.type, refusal.title, refusal.detail ?? '') : refusal

export const accountDisabled = () =>
  forbidden('account-disabled', 'The account is disabled', 'Ask an administrator to enable it')
export const accountRejected = () =>
  forbidden('account-rejected', 'The account was rejected', 'Ask an administrator to look at it again')
export const approvalPending = () =>
  forbidden('approval-pending', 'The account waits for approval', 'An administrator must approve it first')
export const tenantSuspended = () =>
  forbidden('tenant-suspended', 'The tenant is suspended', "Ask the tenant's administrator or the operator")
export const tenantMismatch = () => forbidden('tenant-mismatch', 'Another tenant', 'Tenant mismatch')
export const unknownPerson = () =>
  forbidden('unknown-person', 'The person is not known here', 'Sign in at the platform once, then try again')
export const sectionRequired = (section: string, level: string) =>
  forbidden('section-required', 'A section is missing', `Section '${section}' with level '${level}' is required`)
export const scopeRequired = (module: string) =>
  forbidden('scope-required', 'The token is limited to other modules', `Its scope does not include '${module}'`)
export const clientNotAllowed = () =>
  forbidden('client-not-allowed', 'The client may not use this', 'services.yaml does not list it under clients here')
export const clientsOnly = () =>
  forbidden('clients-only', 'This is for client accounts', 'Call it with the token of a listed client account')

/** RFC 6585 §4; the RateLimit fields are those of draft-ietf-httpapi-ratelimit-headers-07. */
export const tooManyRequests = ({ burst, perSecond }: Limit, waitSeconds: number) =>
  new Problem(429, 'too-many-requests', 'Too many requests', {
    detail: `Wait ${waitSeconds} s; in the long run ${perSecond} a second are taken`,
    headers: {
      'retry-after': String(waitSeconds),
      'ratelimit-limit': String(burst),
      'ratelimit-remaining': '0',
      'ratelimit-reset': String(waitSeconds),
      'ratelimit-policy': `${burst};w=${Math.ceil(burst / perSecond)}`,
    },
  })
