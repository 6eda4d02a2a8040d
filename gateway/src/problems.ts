import { Problem } from '@munjigi/problem'

export const SHORTLY = { 'retry-after': '1' }

export const forbidden = (type: string, title: string, detail: string) => new Problem(403, type, title, { detail })

export const ambiguousHeader = (name: string) =>
  new Problem(400, 'ambiguous-header', 'A header was sent twice', { detail: `Send ${name} once` })
export const originNotAllowed = () =>
  forbidden('origin-not-allowed', 'The origin is not allowed', 'Ask the operator to list it under allowed_origins')
export const accessUnknown = (cause?: unknown) =>
  new Problem(503, 'access-unknown', 'It cannot be found out who may do this now', {
    detail: 'The user service does not answer: try again shortly',
    headers: SHORTLY,
    cause,
  })
export const malformedRequest = (detail: string) =>
  new Problem(400, 'malformed-request', 'The request could not be read', { detail, headers: { connection: 'close' } })
export const ambiguousPath = (detail: string) =>
  new Problem(400, 'ambiguous-path', 'The path can be read in more than one way', { detail })
export const requestTimeout = () =>
  new Problem(408, 'request-timeout', 'The request took too long to arrive', {
    detail: 'Send it again, without pauses',
  })
export const methodNotAllowed = (detail: string, allow: string) =>
  new Problem(405, 'method-not-allowed', 'The method is not allowed here', { detail, headers: { allow } })
export const moduleNotFound = () =>
  new Problem(404, 'module-not-found', 'There is no such module', {
    detail: 'The path must begin with a base path and a module that the gateway knows, as in /api/<module>/',
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
