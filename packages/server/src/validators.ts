import { Ajv, type Options } from 'ajv'
import formats from 'ajv-formats'
import type { FastifySchemaCompiler } from 'fastify'
import { findUnstorable } from './storable.ts'

const common: Options = {
  useDefaults: true,
  removeAdditional: false,
  allErrors: true,
  allowUnionTypes: true,
  keywords: ['x-secret', 'x-permission'],
}
const asSent = withFormats(new Ajv({ ...common, coerceTypes: false }))
const coercing = withFormats(new Ajv({ ...common, coerceTypes: 'array' }))

/** A JSON body has types of its own and is taken as sent; paths, queries and headers are text and are converted. */
export const validatorCompiler: FastifySchemaCompiler<object> = ({ schema, httpPart }) => {
  const validate = (httpPart === 'body' ? asSent : coercing).compile(schema)
  const booleans = httpPart === 'querystring' ? booleansOf(schema) : []
  return (value: unknown) => {
    for (const name of booleans) spellPlainly(value as Record<string, unknown>, name)
    const unstorable = findUnstorable(value)
    if (unstorable) return { error: [unstorable] }
    return validate(value) ? true : { error: validate.errors ?? [] }
  }
}

const booleansOf = (schema: object): string[] => {
  const { properties = {} } = schema as { properties?: Record<string, { type?: unknown }> }
  return Object.keys(properties).filter((name) => properties[name]?.type === 'boolean')
}

const BOOLEANS = new Map([
  ['True', 'true'],
  ['1', 'true'],
  ['False', 'false'],
  ['0', 'false'],
])

/** As FastAPI does, for clients written for it: Python's spelling of a boolean, and 1 and 0. */
function spellPlainly(query: Record<string, unknown>, name: string): void {
  const plain = BOOLEANS.get(query[name] as string)
  if (plain !== undefined) query[name] = plain
}

const FIRST_MOMENT = Date.parse('0001-01-01T00:00:00Z')
const LAST_MOMENT = Date.parse('9999-12-31T23:59:59.999Z')

/** Of JSON Schema's formats only what the database reads too: no `urn:uuid:`, no leap second, no year but 1 to 9999 in UTC. */
function withFormats(ajv: Ajv): Ajv {
  formats.default(ajv)
  const { validate: isDateTime } = ajv.formats['date-time'] as { validate: (text: string) => boolean }
  return ajv
    .addFormat('uuid', /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)
    .addFormat('date-time', (text) => isDateTime(text) && !text.startsWith('0000') && isMoment(Date.parse(text)))
}

/** An offset leads out of the years that its text stands in; what is no time at all is NaN and in none. */
const isMoment = (at: number): boolean => at >= FIRST_MOMENT && at <= LAST_MOMENT
