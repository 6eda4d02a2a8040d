import { type Static, Type } from 'typebox'

/** Whose people, audit lines, cases and templates stand apart from everybody else's (source 003 §3). */
export const Tenant = Type.Object({
  id: Type.String({ format: 'uuid' }),
  name: Type.String({ minLength: 1, maxLength: 100, description: 'for people to read; two may have the same' }),
  status: Type.Enum(['active', 'suspended']),
  created_at: Type.String({ format: 'date-time' }),
})
export type Tenant = Static<typeof Tenant>

/** In the query of a list that superusers see across tenants. */
export const TenantFilter = Type.Optional(
  Type.String({ format: 'uuid', description: 'for superusers; others see their own alone' }),
)

/** A page of the list of tenants; `next_cursor` is absent on the last one. */
export const TenantPage = Type.Object({
  tenants: Type.Array(Tenant),
  next_cursor: Type.Optional(Type.String()),
})
export type TenantPage = Static<typeof TenantPage>
