import { Ajv, type Options } from 'ajv'
import formats from 'ajv-formats'
import type { FastifySchemaCompiler } from 'fastify'
import { findUnstorable } from './storable.ts'

const common: Options = {
  useDefaults: true,
  removeAdditional: false,
  allErrors: true,
  keywords: ['x-secret', 'x-permission'],
}
const asSent = formats.default(new Ajv({ ...common, coerceTypes: false }))
const coercing = formats.default(new Ajv({ ...common, coerceTypes: 'array' }))

/** A JSON body has types of its own and is taken as sent; paths, queries and headers are text and are converted. */
export const validatorCompiler: FastifySchemaCompiler<object> = ({ schema, httpPart }) => {
  const validate = (httpPart === 'body' ? asSent : coercing).compile(schema)
  return (value: unknown) => {
    const unstorable = findUnstorable(value)
    if (unstorable) return { error: [unstorable] }
    return validate(value) ? true : { error: validate.errors ?? [] }
  }
}
