import { Problem } from '@munjigi/problem'

export const profileNotFound = () =>
  new Problem(404, 'auth-profile-not-found', 'There is no such auth profile', {
    detail: 'Auth profile not found: GET /api/session-station/v1/auth-profiles lists yours.',
  })
export const profileExists = () =>
  new Problem(409, 'auth-profile-exists', 'You have a profile for this service', {
    detail: 'A profile of this service_id is there already: change it with PUT, or delete it first.',
  })
export const tooManyProfiles = (most: number) =>
  new Problem(409, 'too-many-auth-profiles', 'You have as many auth profiles as anybody may have', {
    detail: `Nobody has more than ${most}: delete one first.`,
  })
export const profileChanging = () =>
  new Problem(409, 'auth-profile-changing', 'The auth profile is being changed', {
    detail: 'Others change it at this moment: look at it and try again.',
  })
export const profileInactive = () =>
  new Problem(409, 'auth-profile-inactive', 'The auth profile is not active', {
    detail: 'Enter its missing_secrets, where it has any, and set its status to active with PUT.',
  })
/** Nothing is tried until the profile changes. */
export const needsAuth = () =>
  new Problem(409, 'needs-auth', 'The login has to be mended by its owner', {
    detail: 'The login kept failing: correct the profile with PUT, see its last_error and logs.',
  })
export const loginInProgress = () =>
  new Problem(503, 'login-in-progress', 'A login is under way', {
    detail: 'Login in progress, timed out: try again shortly.',
    headers: { 'retry-after': '1' },
  })
/** `message` is a LoginFailure's: without secrets, without a word of the target. */
export const targetLoginFailed = (message: string, retryAfterMs?: number) =>
  new Problem(502, 'target-login-failed', 'The outside service did not let us in', {
    detail: `Login failed: ${message}`,
    ...(retryAfterMs !== undefined && {
      headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
    }),
  })
/** The owner's own test; `told` is masked as far as its reader may see. */
export const testLoginFailed = (detail: string, told: object) =>
  new Problem(400, 'test-login-failed', 'The test login failed', { detail, extensions: { ...told } })
/** Faults of a request that its schema cannot show; in the form of those it can. */
export const invalidProfile = (faults: { field: string; message: string }[]) =>
  new Problem(400, 'invalid-request', 'The request is not valid', {
    detail: faults.map(({ field, message }) => `${field}: ${message}`).join('; '),
    extensions: { faults },
  })
/** The database was away at the start, so nobody knows yet whether the keys are those it was written under. */
export const sealingUnknown = () =>
  new Problem(503, 'unavailable', 'The database has not answered yet', {
    detail: 'Try again shortly',
    headers: { 'retry-after': '1' },
  })
/** The error log says which variable. */
export const sealingKeyWrong = () =>
  new Problem(503, 'sealing-key-wrong', 'The service has not the keys of its database', {
    detail: 'Its operator has to start it with the keys that were used before',
  })
export const scopeRequired = () =>
  new Problem(403, 'scope-required', 'The token may not be used here', {
    detail: "Its scope does not cover this route: it takes session-station, or session-station:<the route's part>",
  })
export const badTargetPath = (reason: string) =>
  new Problem(400, 'bad-target-path', 'This path is not sent on', {
    detail: `The path behind the service_id: ${reason}`,
  })
export const originNotAllowed = () =>
  new Problem(403, 'origin-not-allowed', 'The auth profile does not allow this origin', {
    detail: 'X-Target-Origin has to be one of the allowed_origins of the profile, as scheme://host:port.',
  })
export const upgradeRefused = () =>
  new Problem(400, 'upgrade-refused', 'The proxy carries HTTP alone', {
    detail: 'WebSockets do not go through the proxy: connect with the headers of auth-context.',
  })
/** The profile puts a value into the body, and there is no body to put it into. */
export const jsonBodyNeeded = () =>
  new Problem(415, 'json-body-needed', 'The auth profile needs a JSON body', {
    detail: 'The profile injects into the body: send a JSON object as application/json, unencoded.',
  })
export const jsonObjectNeeded = () =>
  new Problem(400, 'json-object-needed', 'The body is not a JSON object', {
    detail: 'The profile injects into the body: send a JSON object in UTF-8.',
  })
export const bodyTooLargeToInject = () =>
  new Problem(413, 'body-too-large', 'The body is too large to inject into', {
    detail: 'The profile injects into the body, which must not be larger than 1 MB for that.',
  })
export const targetUnavailable = () =>
  new Problem(502, 'target-unavailable', 'The outside service did not answer', {
    detail: 'It cannot be reached, or broke off: try again shortly.',
    headers: { 'retry-after': '1' },
  })
export const targetTimeout = () =>
  new Problem(504, 'target-timeout', 'The outside service took too long', {
    detail: 'It was silent for a minute.',
  })
/** What `EGRESS_ALLOW` decides; nothing is said of what lies at the address. */
export const targetRefused = () =>
  new Problem(403, 'target-refused', 'The address of the outside service is not allowed', {
    detail: 'An operator decides which addresses may be called, by EGRESS_ALLOW.',
  })
/** Nginx's number for a caller who left before the answer; for log and figures alone. */
export const callerGone = () => new Problem(499, 'caller-gone', 'The caller has left')
export const presetNotFound = () =>
  new Problem(404, 'preset-not-found', 'There is no such preset', {
    detail: 'GET /api/session-station/v1/auth-profile-presets lists what there is.',
  })
export const templateNotFound = () =>
  new Problem(404, 'template-not-found', 'There is no such template', {
    detail: 'GET /api/session-station/v1/auth-profile-store/list lists what your tenant shares.',
  })
export const templateNotYours = () =>
  new Problem(403, 'template-not-yours', 'Somebody else shared this template', {
    detail: 'Only its owner or an administrator of the store may delete it.',
  })
export const tooManyUploads = () =>
  new Problem(429, 'too-many-uploads', 'Too many uploads and previews', {
    detail: 'At most 30 in an hour: try again later.',
    headers: { 'retry-after': '600' },
  })
export const revealRefused = () =>
  new Problem(403, 'reveal-refused', 'Secrets are shown to their owner alone', {
    detail: 'Sign in yourself: neither an API key nor a client that acts for you is shown secrets.',
  })
