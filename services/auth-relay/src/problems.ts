import { Problem } from '@munjigi/problem'

/** `detail` is what the callers of the Python relay read (source 001): the type's words, as it writes them. */
const refused = (status: number, type: string, title: string, extensions: Record<string, unknown> = {}) =>
  new Problem(status, type, title, { detail: codeOf(type), extensions })

const failed = (type: string, title: string) =>
  new Problem(502, type, title, { detail: codeOf(type), extensions: { error: codeOf(type) } })

const codeOf = (type: string): string => type.replaceAll('-', '_')

export const unknownClientKey = () => refused(400, 'unknown-client-key', 'No client has this key')
export const callbackUrlNotAllowed = () =>
  refused(400, 'callback-url-not-allowed', 'This client may not be called back there')
export const redirectAfterNotAllowed = () =>
  refused(400, 'redirect-after-not-allowed', 'This client may not send the browser there')
export const invalidOrExpiredLink = () =>
  refused(400, 'invalid-or-expired-link', 'The login link is not ours, was used, or has expired')
export const missingRequiredClaims = () => refused(400, 'missing-required-claims', 'The login link lacks something')
export const invalidOrExpiredState = () =>
  refused(400, 'invalid-or-expired-state', 'No login under way belongs to this answer')
export const otherBrowser = () => refused(400, 'other-browser', 'The login began in another browser')

export const tooManyLogins = () => refused(429, 'too-many-logins', 'Too many logins were begun by this link')

export const issueSignatureInvalid = () =>
  refused(401, 'invalid-signature', 'This client signs its requests by its issue_secret')
export const issueTimestampInvalid = (ts: number, now: number) =>
  refused(401, 'invalid-timestamp', 'ts is more than 300 s from the clock here: set the clocks', { ts, now })
export const issueNonceUsed = () => refused(401, 'nonce-used', 'This request was made before')

export const loginRefused = () => refused(403, 'login-refused', 'The identity provider did not sign the person in')
export const providerUnavailable = () =>
  new Problem(503, 'provider-unavailable', 'The identity provider does not answer', {
    detail: 'provider_unavailable',
    headers: { 'retry-after': '5' },
  })
export const tokenExchangeFailed = () =>
  failed('token-exchange-failed', 'The identity provider gave no tokens for the login')
export const noAccessToken = () => failed('no-access-token', 'The identity provider gave no access token')
/** Told apart by its type: nothing else about it is anybody's fault but the clocks'. */
export const clocksDiffer = () =>
  new Problem(502, 'clocks-differ', 'The clocks of the relay and of the identity provider differ', {
    detail: 'token_exchange_failed',
    extensions: { error: 'token_exchange_failed' },
  })

const noOfflineCauses = {
  client: 'The client may not ask for offline_access',
  person: 'The person may not have offline access',
  scope: 'The identity provider left offline_access out of what it granted',
}

/** KEYCLOAK.md §5, §12: refused to the client at the redirect, to the person at the token endpoint, or left out. */
export const noOfflineRefreshToken = (reason: keyof typeof noOfflineCauses) =>
  new Problem(502, 'no-offline-refresh-token', noOfflineCauses[reason], {
    detail: 'no_offline_refresh_token',
    extensions: { error: 'no_offline_refresh_token', reason },
  })

export const callbackTimeout = () => failed('callback-timeout', 'The chatbot did not answer in time')
export const callbackInvalidStatus = () => failed('callback-invalid-status', 'The chatbot did not take the login')
export const callbackRequestError = () => failed('callback-request-error', 'The chatbot could not be reached')
