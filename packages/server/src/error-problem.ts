import { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger, FastifyError } from 'fastify'

/**
 * What the caller is told of an error: a Problem as it is, a fault of the request as 4xx, an outage as 503, a bug as an opaque
 * 500.
 */
export function problemOf(error: FastifyError | Problem): Problem {
  if (error instanceof Problem) return error
  if (error.validation !== undefined) return invalidRequest(error)
  const status = error.statusCode ?? 500
  if (status === 413)
    return new Problem(413, 'body-too-large', 'The request body is too large', { detail: 'Send less in one request' })
  if (status === 415)
    return new Problem(415, 'unsupported-media-type', 'This content type is not read here', {
      detail: 'Send application/json',
    })
  if (status >= 400 && status < 500) return badRequest(status, error.code)
  // What packages/db and packages/store mark as an outage of theirs.
  if (status === 503)
    return new Problem(503, 'unavailable', 'Something we depend on does not answer', {
      detail: 'Try again shortly',
      headers: { 'retry-after': '1' },
      cause: error,
    })
  return new Problem(500, 'internal', 'Something went wrong on our side', {
    detail: 'Try again; if it stays, report the request_id',
    cause: error,
  })
}

// In words of our own, as a parser's may repeat what was sent.
const UNREADABLE = new Map([
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 'The body is empty: send JSON, or leave Content-Type out'],
  ['FST_ERR_CTP_INVALID_JSON_BODY', 'The body is not well-formed JSON'],
])

function badRequest(status: number, code: string): Problem {
  const detail = UNREADABLE.get(code)
  return new Problem(status, 'bad-request', 'The request could not be read', {
    ...(detail !== undefined && { detail }),
  })
}

/**
 * Logs a bug or an outage of our own as an error with its stack, and a failure of somebody else's, which is a Problem without a
 * cause, as one line.
 */
export function logFailure(log: FastifyBaseLogger, error: FastifyError | Problem, { status, type }: Problem): void {
  if (status < 500) return
  if (error instanceof Problem && error.cause === undefined) log.warn({ problem: type }, 'request failed')
  else log.error({ err: error }, 'request failed')
}

function invalidRequest({ validation = [], validationContext }: FastifyError): Problem {
  const faults = plainFaults(validation).map(({ instancePath, keyword, params, message }) => {
    const inner = params.missingProperty ?? params.additionalProperty
    const path = [...instancePath.split('/'), inner].filter(Boolean).join('.')
    return { field: path || (validationContext ?? 'request'), message: sentenceOf(keyword, params, message) }
  })
  const detail = faults.map(({ field, message }) => `${field}: ${message}`).join('; ')
  return new Problem(400, 'invalid-request', 'The request is not valid', { detail, extensions: { faults } })
}

function sentenceOf(keyword: string, params: Record<string, unknown>, message = 'is not valid'): string {
  if (keyword === 'additionalProperties') return 'is not a known field'
  return keyword === 'enum' ? `must be one of ${(params.allowedValues as unknown[]).join(', ')}` : message
}

type Fault = NonNullable<FastifyError['validation']>[number]

/**
 * The faults of a union are those that its members find beyond a wrong type or, where there are none, a single one that lists the
 * types of all members. Where unions are nested, a fault belongs to the innermost.
 */
function plainFaults(faults: Fault[]): Fault[] {
  const unions = faults
    .filter(({ keyword }) => keyword === 'anyOf')
    .toSorted((one, other) => other.schemaPath.length - one.schemaPath.length)
  const ofUnion = (fault: Fault) => unions.find(({ schemaPath }) => fault.schemaPath.startsWith(`${schemaPath}/`))
  const isTypeOf = (union: Fault, fault: Fault) =>
    fault.keyword === 'type' && fault.instancePath === union.instancePath && ofUnion(fault) === union
  return faults.flatMap((fault) => {
    const union = ofUnion(fault)
    if (union && isTypeOf(union, fault)) return []
    if (fault.keyword !== 'anyOf') return [fault]
    const within = faults.filter(({ schemaPath }) => schemaPath.startsWith(`${fault.schemaPath}/`))
    const types = within.filter((each) => isTypeOf(fault, each)).map(({ params }) => String(params.type))
    return types.length < within.length ? [] : [{ ...fault, message: `must be ${[...new Set(types)].join(' or ')}` }]
  })
}
