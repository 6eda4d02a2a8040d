import { Problem } from '@munjigi/problem'

const unauthenticated = (type: string, title: string, detail: string) =>
  new Problem(401, type, title, { detail, headers: { 'www-authenticate': 'Bearer' } })
const forbidden = (type: string, title: string, detail: string) => new Problem(403, type, title, { detail })

export const refreshTokenMissing = () =>
  unauthenticated('refresh-token-missing', 'No refresh token came', 'Sign in, or send refresh_token in a JSON body')
export const refreshTokenInvalid = () =>
  unauthenticated('refresh-token-invalid', 'The refresh token is not accepted', 'Invalid refresh token')
export const refreshTokenUsed = () =>
  unauthenticated('refresh-token-used', 'The refresh token was used before', 'Use the newest one you were given')
export const sessionEnded = () => unauthenticated('session-ended', 'The session has ended', 'Token revoked')
export const tokenOutdated = () => unauthenticated('token-outdated', 'The token is no longer valid', 'Sign in again')
export const sessionNotFound = () =>
  new Problem(404, 'session-not-found', 'There is no such session', { detail: 'Look for it in the list' })
export const keyNotFound = () =>
  new Problem(404, 'key-not-found', 'There is no such API key', { detail: 'Look for it in the list' })
export const noActiveKey = () =>
  new Problem(404, 'no-active-key', 'There is no API key that works', { detail: 'Make one' })
export const tooManyKeys = () =>
  new Problem(409, 'too-many-keys', 'Too many API keys', { detail: 'Revoke one that is no longer used' })
export const credentialsInvalid = () =>
  unauthenticated('credentials-invalid', 'The credentials are not accepted', 'Invalid email or password')
export const tooManyAttempts = (seconds: number) =>
  new Problem(429, 'too-many-attempts', 'Too many attempts', {
    detail: 'Wait as long as Retry-After says',
    headers: { 'retry-after': String(seconds) },
  })
export const passwordsBusy = () =>
  new Problem(503, 'passwords-busy', 'Too many are signing in right now', {
    detail: 'Try again shortly',
    headers: { 'retry-after': '2' },
  })
export const passwordWrong = () =>
  forbidden('password-wrong', 'The current password is another', 'Type the current password again')
export const passwordNotSet = () =>
  new Problem(409, 'password-not-set', 'There is no password yet', { detail: 'Ask an administrator for a link' })
export const resetLinkInvalid = () =>
  unauthenticated('reset-link-invalid', 'The link is no longer valid', 'Ask an administrator for a new one')
export const emailTaken = () =>
  new Problem(409, 'email-taken', 'Somebody else signs in with this e-mail', { detail: 'Choose another' })

export const originRefused = () =>
  forbidden('origin-refused', 'This page may not use the sign-in cookie', 'Call from the front end of this platform')
export const unknownCode = () =>
  unauthenticated('unknown-code', 'The code is not known', 'It works once, for a minute, in the browser that signed in')

/** 404 where the person is what was asked for, 403 where they ask. */
export const unknownPerson = (status: 403 | 404 = 403) =>
  new Problem(status, 'unknown-person', 'This person is not known here', { detail: 'Sign in once at the platform' })
export const accountDisabled = () => forbidden('account-disabled', 'The account is disabled', 'User inactive')
export const accountRejected = () =>
  forbidden('account-rejected', 'The request for access was rejected', 'User inactive')
export const tenantSuspended = () => forbidden('tenant-suspended', 'The tenant is suspended', 'Ask an administrator')
export const loginIdTaken = () =>
  forbidden('login-id-taken', 'This login id belongs to another account', 'Ask an administrator to rebind it')

export const internalKeyInvalid = () =>
  new Problem(401, 'internal-key-invalid', 'The internal key is not accepted', {
    detail: 'Send X-Internal-Key with a key of INTERNAL_KEYS',
  })
export const unknownCredential = () =>
  new Problem(401, 'unknown-credential', 'The credential is not accepted', { detail: 'Sign in again' })
export const actingRefused = (detail: string) =>
  new Problem(403, 'acting-refused', 'The client may not act for this person', { detail })

export const clocksDiffer = () =>
  new Problem(503, 'clocks-differ', 'No token can be issued right now', {
    detail: 'The clocks of our servers differ: try again shortly',
    headers: { 'retry-after': '2' },
  })

export const loginExpired = () =>
  new Problem(400, 'sso-login-expired', 'This sign-in has expired or was finished before', { detail: 'Sign in again' })
export const otherBrowser = () =>
  new Problem(400, 'sso-other-browser', 'This sign-in began in another browser', {
    detail: 'Sign in again in this browser, with cookies allowed',
  })
export const answerInvalid = () =>
  new Problem(400, 'sso-answer-invalid', 'The answer of the sign-in service is not valid', {
    detail: 'Sign in again; if it stays, report the request_id',
  })
export const signInRefused = () =>
  forbidden('sso-refused', 'The sign-in service did not let you in', 'Sign in again, or ask its administrators')
export const providerError = () =>
  new Problem(502, 'sso-provider-error', 'The sign-in service reported an error', {
    detail: 'Try again later; if it stays, report the request_id',
  })
export const providerUnavailable = () =>
  new Problem(503, 'sso-unavailable', 'The sign-in service does not answer', {
    detail: 'Try again shortly',
    headers: { 'retry-after': '5' },
  })
export const loginIdMissing = () =>
  new Problem(502, 'login-id-missing', 'The sign-in service did not say who you are', {
    detail: 'Its administrators must send a login id',
  })
