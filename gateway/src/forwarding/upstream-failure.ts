import { Problem } from '@munjigi/problem'
import { malformedRequest, shuttingDown, upstreamFailed, upstreamTimeout, upstreamUnreachable } from '../problems.ts'
import type { Failure } from '../telemetry/figures.ts'

/** The service was silent for longer than its time-out. */
export class TimedOut extends Error {}

const CONNECTION_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'])
/** What undici says where the service closed a connection before it answered. */
const CLOSED = new Set(['other side closed', 'closed'])
/** Undici refuses what the parser let through: the caller's doing. */
const REFUSED_CODES = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])
const STOPPED_CODES = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED'])

const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? ''

/** True where the service may never have seen the request. */
export function isConnectionFailure(error: Error): boolean {
  const code = codeOf(error)
  return CONNECTION_CODES.has(code) || (code === 'UND_ERR_SOCKET' && CLOSED.has(error.message))
}

/** Undefined where the service is not to blame. */
export function failureOf(error: Error, hadConnection: boolean): Failure | undefined {
  if (error instanceof TimedOut) return 'timeout'
  if (error instanceof Problem || REFUSED_CODES.has(codeOf(error)) || STOPPED_CODES.has(codeOf(error))) return undefined
  return hadConnection ? 'failed' : 'unreachable'
}

const FAILURES = {
  timeout: upstreamTimeout,
  failed: upstreamFailed,
  unreachable: upstreamUnreachable,
  busy: upstreamFailed,
}

/** What the caller is told; never the library's words. */
export function problemOf(error: Error, failure: Failure | undefined): Problem {
  if (error instanceof Problem) return error
  if (failure !== undefined) return FAILURES[failure]()
  return STOPPED_CODES.has(codeOf(error)) ? shuttingDown() : malformedRequest('A header cannot be passed on.')
}
