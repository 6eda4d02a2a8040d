import { Problem } from '@munjigi/problem'

export const callbackMalformed = (detail: string) =>
  new Problem(400, 'callback-malformed', "The relay's message cannot be read", { detail })
export const relaySignatureInvalid = () =>
  new Problem(401, 'relay-signature-invalid', 'The message is not signed by the relay', {
    detail: 'Relay and chatbot must hold the same secret, and the message must come as it was signed',
  })
/** `seconds` is how far the message lies behind this clock; below zero: before it. */
export const callbackLate = (seconds: number, limit: number) =>
  new Problem(401, 'callback-late', 'The message was not signed just now', {
    detail: `It is ${Math.abs(seconds)} s ${seconds < 0 ? 'before' : 'behind'} the clock here, and ${limit} s are allowed: look at the clocks of relay and chatbot, both`,
  })
export const nonceUsed = () =>
  new Problem(401, 'nonce-used', 'The message came before', {
    detail: 'The relay sends each try with a nonce of its own',
  })
export const issuerMismatch = () =>
  new Problem(401, 'issuer-mismatch', 'The login is of another issuer', {
    detail: 'Relay and chatbot must know the same issuer',
  })
export const audienceMismatch = () =>
  new Problem(401, 'audience-mismatch', 'The login is for another client', {
    detail: 'aud must be the client id of this chatbot',
  })
export const clientMismatch = () =>
  new Problem(401, 'client-mismatch', 'The message is for another chatbot', {
    detail: 'client_key must be the one of this chatbot',
  })
export const accessTokenInvalid = (detail: string) =>
  new Problem(401, 'access-token-invalid', 'The access token that came with the login is not accepted', { detail })
export const offlineTokenInvalid = () =>
  new Problem(401, 'offline-token-invalid', 'The offline token that came with the login is not accepted', {
    detail: 'It must be a refresh token of the person whom the access token names',
  })
export const subLinkedElsewhere = () =>
  new Problem(409, 'sub-linked-elsewhere', 'This person is linked to another chat account', {
    detail: 'The link there must be ended first',
  })
export const chatLinkedElsewhere = () =>
  new Problem(409, 'chat-linked-elsewhere', 'This chat account is linked to another person', {
    detail: 'That link must be ended first, or the login behind it',
  })
export const olderLogin = () =>
  new Problem(409, 'older-login', 'A later login of this person is linked already', { detail: 'Nothing was changed' })
/** `detail` is the relay's own code. */
export const relayRefused = (detail: string) =>
  new Problem(502, 'relay-refused', 'The relay gives no login link', { detail })
export const relayUnavailable = (cause: unknown) =>
  new Problem(503, 'relay-unavailable', 'The relay does not answer', {
    detail: 'Try again shortly',
    headers: { 'retry-after': '1' },
    cause,
  })
