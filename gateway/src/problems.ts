import { Problem } from '@munjigi/problem'
import type { Limit } from './table/limits.ts'

const SHORTLY = { 'retry-after': '1' }

/** RFC 6750 §3: a 401 names the scheme, and `invalid_token` where a credential was sent. */
const unauthenticated = (type: string, title: string, detail: string, challenge = 'Bearer error="invalid_token"') =>
  new Problem(401, type, title, { detail, headers: { 'www-authenticate': challenge } })
const forbidden = (type: string, title: string, detail: string) => new Problem(403, type, title, { detail })

export const tokenMissing = () =>
  unauthenticated('token-missing', 'A token is needed', 'Send Authorization: Bearer <access token>', 'Bearer')
export const tokenMalformed = () =>
  unauthenticated('token-invalid', 'The token is not accepted', 'Send one token after "Bearer", and nothing else')
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
export const ambiguousHeader = (name: string) =>
  new Problem(400, 'ambiguous-header', 'A header was sent twice', { detail: `Send ${name} once` })
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
  forbidden('scope-required', 'The token is held to other modules', `Its scope does not include '${module}'`)
export const clientNotAllowed = () =>
  forbidden('client-not-allowed', 'The client may not use this', 'services.yaml does not list it under clients here')
export const clientsOnly = () =>
  forbidden('clients-only', 'This is for client accounts', 'Call it with the token of a listed client account')
export const superuserRequired = () =>
  forbidden('superuser-required', 'This is for superusers', 'Sign in as a superuser')
export const originNotAllowed = () =>
  forbidden('origin-not-allowed', 'The origin is not allowed', 'Ask the operator to list it under allowed_origins')

export const accessUnknown = (cause?: unknown) =>
  new Problem(503, 'access-unknown', 'It cannot be found out who may do this now', {
    detail: 'The user service does not answer: try again shortly',
    headers: SHORTLY,
    cause,
  })
export const keysUnavailable = () =>
  new Problem(503, 'keys-unavailable', 'The keys cannot be had now', {
    detail: 'The user service does not answer: try again shortly',
    headers: SHORTLY,
  })

export const malformedRequest = (detail: string) =>
  new Problem(400, 'malformed-request', 'The request could not be read', { detail, headers: { connection: 'close' } })
export const ambiguousPath = (detail: string) =>
  new Problem(400, 'ambiguous-path', 'The path can be read in more than one way', { detail })
export const unknownHost = () =>
  new Problem(400, 'unknown-host', 'This host is not served here', { detail: 'Use the public address of this gateway' })
export const headersTooLarge = () =>
  new Problem(431, 'headers-too-large', 'The request headers are too large', {
    detail: 'Send at most 16 KB of headers',
  })
export const contextTooLarge = () =>
  new Problem(431, 'context-too-large', 'X-Service-Context is too large', { detail: 'Send at most 4 KB in it' })
export const requestTimeout = () =>
  new Problem(408, 'request-timeout', 'The request took too long to arrive', {
    detail: 'Send it again, without pauses',
  })
export const expectationFailed = () =>
  new Problem(417, 'expectation-failed', 'Only 100-continue can be expected', { detail: 'Leave the header Expect out' })
export const methodNotAllowed = (detail: string, allow: string) =>
  new Problem(405, 'method-not-allowed', 'The method is not allowed here', { detail, headers: { allow } })
export const methodNotProxied = (method: string) =>
  methodNotAllowed(`${method} is never forwarded`, 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
export const moduleNotFound = () =>
  new Problem(404, 'module-not-found', 'There is no such module', {
    detail: 'The path must begin with a base path and a module that the gateway knows, as in /api/<module>/',
  })
export const bodyTooLarge = (limitBytes: number) =>
  new Problem(413, 'body-too-large', 'The request body is too large', { detail: `Send at most ${limitBytes} bytes` })

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

export const serviceBusy = () =>
  new Problem(503, 'service-busy', 'The service has too many requests at once', {
    detail: 'Try again shortly',
    headers: SHORTLY,
  })
export const shuttingDown = () =>
  new Problem(503, 'shutting-down', 'This gateway is being stopped', {
    detail: 'Try again: another instance answers',
    headers: { ...SHORTLY, connection: 'close' },
  })
export const upstreamUnreachable = () =>
  new Problem(502, 'upstream-unreachable', 'The service cannot be reached', { detail: 'Try again shortly' })
export const upstreamFailed = () =>
  new Problem(502, 'upstream-failed', 'The service broke off or answered what is no HTTP', {
    detail: 'Try again; if it stays, report the request_id',
  })
export const upstreamTimeout = () =>
  new Problem(504, 'upstream-timeout', 'The service did not answer in time', {
    detail: 'Try again, or ask for less at once',
  })
export const internalFault = () =>
  new Problem(500, 'internal', 'Something went wrong on our side', {
    detail: 'Try again; if it stays, report the request_id',
  })

export const handshakeMalformed = (detail: string) =>
  new Problem(400, 'handshake-malformed', 'This is no WebSocket handshake', { detail })
export const handshakeVersion = () =>
  new Problem(426, 'handshake-version', 'Another WebSocket version is needed', {
    detail: 'Use version 13 (RFC 6455)',
    headers: { 'sec-websocket-version': '13' },
  })
