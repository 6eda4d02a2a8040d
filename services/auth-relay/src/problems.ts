import { Problem } from '@munjigi/problem'

/** `code` is what the callers of the Python relay read in `detail` (source 001); the type says it our way. */
const refused = (status: number, code: string, title: string, extensions: Record<string, unknown> = {}) =>
  new Problem(status, code.replaceAll('_', '-'), title, { detail: code, extensions })

const failed = (code: string, title: string, cause?: unknown) =>
  new Problem(502, code.replaceAll('_', '-'), title, { detail: code, extensions: { error: code }, cause })

export const unknownClientKey = () => refused(400, 'unknown_client_key', 'No client has this key')
export const callbackUrlNotAllowed = () =>
  refused(400, 'callback_url_not_allowed', 'This client may not be called back there')
export const redirectAfterNotAllowed = () =>
  refused(400, 'redirect_after_not_allowed', 'This client may not send the browser there')
export const invalidOrExpiredLink = () =>
  refused(400, 'invalid_or_expired_link', 'The login link is not ours, was used, or has expired')
export const missingRequiredClaims = () => refused(400, 'missing_required_claims', 'The login link lacks something')
export const invalidOrExpiredState = () =>
  refused(400, 'invalid_or_expired_state', 'No login under way belongs to this answer')
export const otherBrowser = () => refused(400, 'other_browser', 'The login began in another browser')

export const issueSignatureInvalid = () =>
  refused(401, 'invalid_signature', 'This client signs its requests by its issue_secret')
export const issueTimestampInvalid = (ts: number, now: number) =>
  refused(401, 'invalid_timestamp', 'ts is more than 300 s from the clock here: set the clocks', { ts, now })
export const issueNonceUsed = () => refused(401, 'nonce_used', 'This request was made before')

export const loginRefused = () => refused(403, 'login_refused', 'The identity provider did not sign the person in')
export const providerUnavailable = (cause?: unknown) =>
  new Problem(503, 'provider-unavailable', 'The identity provider does not answer', {
    detail: 'provider_unavailable',
    headers: { 'retry-after': '5' },
    cause,
  })
export const tokenExchangeFailed = (cause?: unknown) =>
  failed('token_exchange_failed', 'The identity provider gave no tokens for the login', cause)
export const noAccessToken = () => failed('no_access_token', 'The identity provider gave no access token')
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

export const callbackTimeout = () => failed('callback_timeout', 'The chatbot did not answer in time')
export const callbackInvalidStatus = (cause?: unknown) =>
  failed('callback_invalid_status', 'The chatbot did not take the login', cause)
export const callbackRequestError = (cause?: unknown) =>
  failed('callback_request_error', 'The chatbot could not be reached', cause)
