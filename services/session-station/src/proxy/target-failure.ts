import { Problem } from '@munjigi/problem'
import { EgressError } from '../egress/egress.ts'
import { asEgressError } from '../egress/failure.ts'
import { targetRefused, targetTimeout, targetUnavailable } from '../problems.ts'

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** What the agent is told, never in the words of a library or of the target; what is no failure of a connection stays a bug. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof Problem || !isOfConnection(error)) return error
  const { kind } = asEgressError(error, true)
  if (kind === 'address') return targetRefused()
  return kind === 'timeout' ? targetTimeout() : targetUnavailable()
}

/** A connection that was kept open may end just when it is used again: what may be said twice is said once more. */
export function isWorthRepeating(error: unknown, method: string | undefined): boolean {
  if (error instanceof EgressError || !isOfConnection(error)) return false
  return IDEMPOTENT.has(method ?? '') && asEgressError(error, true).kind === 'closed'
}

/** Undici's, Node's and our own errors of connections have codes or a class; a parser's code may be undefined. */
const isOfConnection = (error: unknown): boolean =>
  error instanceof EgressError || (error instanceof Error && 'code' in error)
