import { Problem } from '@munjigi/problem'

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

export const accessUnknown = (cause?: unknown) =>
  new Problem(503, 'access-unknown', 'It cannot be found out who may do this now', {
    detail: 'The user service does not answer: try again shortly',
    headers: { 'retry-after': '1' },
    cause,
  })
