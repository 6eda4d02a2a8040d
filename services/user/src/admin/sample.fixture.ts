interface Schema {
  type?: string
  format?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  minProperties?: number
  minimum?: number
}

/** The smallest value that a route's own schema takes, for tests that go through all routes. */
export function sampleOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const inner = schema.anyOf?.[0] ?? (schema.allOf && Object.assign({}, ...schema.allOf))
  if (inner) return sampleOf(inner)
  if (schema.type === 'object') return objectOf(schema)
  if (schema.type === 'array') return []
  if (schema.type === 'boolean') return true
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  return textOf(schema.format)
}

function objectOf({ properties = {}, required = [], minProperties = 0 }: Schema): object {
  const names = minProperties > required.length ? Object.keys(properties) : required
  return Object.fromEntries(names.map((name) => [name, sampleOf(properties[name] ?? {})]))
}

const textOf = (format: string | undefined): string =>
  format === 'uuid' ? '00000000-0000-4000-8000-000000000001' : format === 'email' ? 'a@b.example' : 'x'
