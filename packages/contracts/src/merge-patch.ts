import { type TObject, type TProperties, type TSchema, Type } from 'typebox'

/** Nothing is filled in where a member is left out of a change: it stays as it is. What has a default need not be there. */
export function withoutDefaults(schema: TSchema & Partial<TObject> & { default?: unknown; items?: TSchema }): TSchema {
  const { default: _default, properties, required, items, ...plain } = schema
  const isNeeded = (name: string) => properties !== undefined && !('default' in (properties[name] ?? {}))
  return {
    ...plain,
    ...(items !== undefined && { items: withoutDefaults(items) }),
    ...(properties && { properties: mapValues(properties, withoutDefaults) }),
    ...(required && { required: required.filter(isNeeded) }),
  }
}

const mapValues = (properties: TProperties, change: (schema: TSchema) => TSchema): TProperties =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, change(schema)]))

/** Members of a schema, changed, each of which may be left out. */
export const optional = (properties: TProperties, change: (schema: TSchema) => TSchema): TProperties =>
  mapValues(properties, (schema) => Type.Optional(change(schema)))

/** RFC 7396: every member may be left out, null takes it away. */
export const Patch = ({ properties }: TObject, type: 'object' | ['object', 'null']) =>
  Type.Unsafe<Record<string, unknown> | null>({
    ...Type.Object(
      optional(properties, (schema) => Type.Union([withoutDefaults(schema), Type.Null()])),
      { additionalProperties: false },
    ),
    type,
  })
