import { Problem } from '@munjigi/problem'

const refused = (status: number, type: string, title: string, detail: string) =>
  new Problem(status, type, title, { detail })

export const callbackMalformed = (what: string) =>
  refused(400, 'callback-malformed', "The relay's message cannot be read", what)
export const relaySignatureInvalid = () =>
  refused(
    401,
    'relay-signature-invalid',
    'The message is not signed by the relay',
    'Relay and chatbot must hold the same secret, and the message must come as it was signed',
  )
/** `seconds` is how far the message lies behind this clock; below zero: before it. */
export const callbackLate = (seconds: number, limit: number) =>
  refused(
    401,
    'callback-late',
    'The message was not signed just now',
    `It is ${Math.abs(seconds)} s ${seconds < 0 ? 'before' : 'behind'} the clock here, and ${limit} s are allowed: look at the clocks of relay and chatbot, both`,
  )
export const nonceUsed = () =>
  refused(401, 'nonce-used', 'The message came before', 'The relay sends each try with a nonce of its own')
export const issuerMismatch = () =>
  refused(401, 'issuer-mismatch', 'The login is of another issuer', 'Relay and chatbot must know the same issuer')
export const audienceMismatch = () =>
  refused(401, 'audience-mismatch', 'The login is for another client', 'aud must be the client id of this chatbot')
export const clientMismatch = () =>
  refused(401, 'client-mismatch', 'The message is for another chatbot', 'client_key must be the one of this chatbot')
export const accessTokenInvalid = (why: string) =>
  refused(401, 'access-token-invalid', 'The access token that came with the login is not accepted', why)
export const offlineTokenInvalid = () =>
  refused(
    401,
    'offline-token-invalid',
    'The offline token that came with the login is not accepted',
    'It must be a refresh token of the person whom the access token names',
  )
export const subLinkedElsewhere = () =>
  refused(
    409,
    'sub-linked-elsewhere',
    'This person is linked to another chat account',
    'The link there must be ended first',
  )
export const chatLinkedElsewhere = () =>
  refused(
    409,
    'chat-linked-elsewhere',
    'This chat account is linked to another person',
    'That link must be ended first, or the login behind it',
  )
export const olderLogin = () =>
  refused(409, 'older-login', 'A later login of this person is linked already', 'Nothing was changed')
export const relayRefused = (code: string) =>
  refused(502, 'relay-refused', 'The relay gives no login link', `The relay says ${code}`)
export const relayUnavailable = (cause: unknown) =>
  new Problem(503, 'relay-unavailable', 'The relay does not answer', {
    detail: 'Try again shortly',
    headers: { 'retry-after': '1' },
    cause,
  })
export const logoutTokenInvalid = (why: string) =>
  refused(400, 'logout-token-invalid', 'The logout token is not accepted', why)
