import { Problem } from '@munjigi/problem'

// For the first two a new login link is what to offer.
export const notLinked = () => new Problem(401, 'not-linked', 'This chat is linked to nobody')
export const loginEnded = (cause?: unknown) => new Problem(401, 'login-ended', 'The login has ended', { cause })
export const loginDisabled = (cause?: unknown) =>
  new Problem(403, 'login-disabled', 'The account is disabled', { cause })
export const loginMisconfigured = (cause?: unknown) =>
  new Problem(502, 'login-misconfigured', 'The identity provider refuses our configuration', { cause })
export const loginUnavailable = (cause?: unknown) =>
  new Problem(503, 'login-unavailable', 'The login cannot be renewed now', { cause, headers: { 'retry-after': '5' } })
export const tokensUnreadable = (cause?: unknown) =>
  new Problem(500, 'tokens-unreadable', 'The stored tokens cannot be used', { cause })
export const exchangeRefused = (cause?: unknown) =>
  new Problem(502, 'exchange-refused', 'The identity provider gives no token for this service', { cause })
export const pathRefused = () =>
  new Problem(400, 'path-refused', 'The path does not stay inside the module', {
    detail: 'It begins with "/" and holds no "//", "#", "\\", blank, segment of dots, or encoded separator',
  })
export const gatewayUnavailable = (cause: unknown) =>
  new Problem(503, 'gateway-unavailable', 'The gateway does not answer', { cause, headers: { 'retry-after': '1' } })
export const logoutTokenInvalid = (detail: string) =>
  new Problem(400, 'logout-token-invalid', 'The logout token is not accepted', { detail })
