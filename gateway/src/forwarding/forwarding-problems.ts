import { Problem } from '@munjigi/problem'

const later = (seconds: string) => ({ 'retry-after': seconds })

export const malformedRequest = (detail: string) =>
  new Problem(400, 'malformed-request', 'The request could not be read', { detail, headers: { connection: 'close' } })
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
export const methodNotProxied = (method: string) =>
  new Problem(405, 'method-not-allowed', 'The method is not allowed here', {
    detail: `${method} is never forwarded`,
    headers: { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' },
  })
export const moduleNotFound = () =>
  new Problem(404, 'module-not-found', 'There is no such module', {
    detail: 'The path must begin with a base path and a module that the gateway knows, as in /api/<module>/',
  })
export const bodyTooLarge = (limitBytes: number) =>
  new Problem(413, 'body-too-large', 'The request body is too large', { detail: `Send at most ${limitBytes} bytes` })

export const serviceBusy = () =>
  new Problem(503, 'service-busy', 'The service has too many requests at once', {
    detail: 'Try again shortly',
    headers: later('1'),
  })
export const shuttingDown = () =>
  new Problem(503, 'shutting-down', 'This gateway is being stopped', {
    detail: 'Try again: another instance answers',
    headers: { ...later('1'), connection: 'close' },
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
