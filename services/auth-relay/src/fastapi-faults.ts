import { Problem } from '@munjigi/problem'
import type { FastifySchemaValidationError } from 'fastify'
import { Type } from 'typebox'

interface Fault {
  type: string
  loc: (string | number)[]
  msg: string
}

/** 422 in the shape that callers of FastAPI programs read: `detail` is a list of what is wrong, each with its place. */
export const malformedRequest = (faults: Fault[]) =>
  new Problem(422, 'malformed-request', 'The request is not of the form that is expected', {
    extensions: { detail: faults },
  })

/** A fault of `loc`, which is not there. */
export const missing = (...loc: string[]): Fault => ({ type: 'missing', loc, msg: 'Field required' })

/** How a route describes that answer. */
export const malformedAnswer = {
  422: {
    description: 'What is wrong, and where',
    content: {
      'application/problem+json': {
        schema: Type.Object({
          type: Type.String(),
          title: Type.String(),
          status: Type.Integer(),
          request_id: Type.String(),
          detail: Type.Array(
            Type.Object({
              type: Type.String(),
              loc: Type.Array(Type.Union([Type.Integer(), Type.String()])),
              msg: Type.String(),
            }),
          ),
        }),
      },
    },
  },
}

/** `position` in characters, where the text stops being JSON. */
export const malformedJson = (position: number) =>
  malformedRequest([{ type: 'json_invalid', loc: ['body', position], msg: 'JSON decode error' }])

const places: Record<string, string> = { querystring: 'query', params: 'path', headers: 'header', body: 'body' }

/** What the validator found in `body` or elsewhere, one fault for each place, in pydantic's words. */
export function malformedBySchema(errors: FastifySchemaValidationError[], context = 'body', body?: unknown): Problem {
  if (context === 'body' && body === undefined) return malformedRequest([missing('body')])
  const place = places[context] ?? context
  const faults = errors.map((error) => faultOf(error, place))
  const byPlace = new Map(faults.map((fault) => [fault.loc.join('/'), fault] as const).reverse())
  return malformedRequest([...byPlace.values()].reverse())
}

function faultOf({ keyword, instancePath, params }: FastifySchemaValidationError, place: string): Fault {
  const path = instancePath.split('/').slice(1)
  const limit = Number(params.limit)
  switch (keyword) {
    case 'required':
      return missing(place, ...path, String(params.missingProperty))
    case 'minLength':
      return {
        type: 'string_too_short',
        loc: [place, ...path],
        msg: `String should have at least ${limit} character${limit === 1 ? '' : 's'}`,
      }
    case 'maxLength':
      return { type: 'string_too_long', loc: [place, ...path], msg: `String should have at most ${limit} characters` }
    case 'type':
      return { loc: [place, ...path], ...wrongType(String(params.type)) }
    default:
      return { type: 'value_error', loc: [place, ...path], msg: 'Value error' }
  }
}

function wrongType(expected: string): Pick<Fault, 'type' | 'msg'> {
  if (expected === 'integer') return { type: 'int_type', msg: 'Input should be a valid integer' }
  if (expected === 'object')
    return { type: 'model_attributes_type', msg: 'Input should be a valid dictionary or object to extract fields from' }
  return { type: 'string_type', msg: 'Input should be a valid string' }
}
