import { ServicesFile } from './services-schema.ts'

type Json = Record<string, unknown>

/** The schema of services.yaml for editors, which see `${VAR}` where the gateway sees its value. */
export function editorSchema(): Json {
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...(forEditors(ServicesFile) as Json) }
}

function forEditors(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(forEditors)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, forEditors(value)]))
  if ('properties' in schema) return withOptionalDefaults(inner)
  const isLimited = 'pattern' in schema || 'enum' in schema || inner.type === 'integer'
  return isLimited ? { ...description(inner), anyOf: [inner, { type: 'string', pattern: '\\$\\{' }] } : inner
}

const description = ({ description: text }: Json): Json => (text === undefined ? {} : { description: text })

function withOptionalDefaults(schema: Json): Json {
  const properties = schema.properties as Record<string, Json>
  const required = (schema.required as string[] | undefined)?.filter((name) => !hasDefault(properties[name]))
  return required === undefined ? schema : { ...schema, required }
}

const hasDefault = (schema: Json | undefined): boolean =>
  schema !== undefined && ('default' in schema || (Array.isArray(schema.anyOf) && schema.anyOf.some(hasDefault)))
