import { type Static, Type } from 'typebox'

const Time = Type.String({ format: 'date-time' })
/** `<module>` or `<module>:<part>`, the part being the first path segment inside the module after its version (DESIGN §8). */
const Scope = Type.String({ pattern: '^[a-z][a-z0-9_-]{0,62}(:[A-Za-z0-9._~-]{1,63})?$' })
const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\x00-\\x1f\\x7f-\\x9f]+$' })

/** What may be said of a key after it was made; times are ISO 8601 in UTC. */
export const ApiKey = Type.Object({
  key_id: Type.String(),
  name: Type.String(),
  api_key: Type.String({ description: 'masked: `mj_ab12cd34_…`' }),
  scopes: Type.Array(Type.String()),
  created_at: Time,
  expires_at: Type.Union([Time, Type.Null()]),
  last_used_at: Type.Union([Time, Type.Null()], { description: 'within some minutes' }),
})
export type ApiKey = Static<typeof ApiKey>

/** Keys that were not revoked, newest first; those that have expired are among them. */
export const ApiKeyList = Type.Object({ keys: Type.Array(ApiKey) })
export type ApiKeyList = Static<typeof ApiKeyList>

export const NewApiKey = Type.Object(
  {
    name: Name,
    scopes: Type.Array(Scope, { minItems: 1, maxItems: 20, uniqueItems: true }),
    expires_at: Type.Optional(Type.Union([Time, Type.Null()], { description: 'absent or null: never' })),
  },
  { additionalProperties: false },
)
export type NewApiKey = Static<typeof NewApiKey>

/** The one answer in which a key stands whole. */
export const MadeApiKey = Type.Interface([ApiKey], {
  api_key: Type.String({ description: 'the key itself, shown this once' }),
})
export type MadeApiKey = Static<typeof MadeApiKey>

/** `GET /api/auth/v1/keys/active` (source 000): the newest key that works, masked. */
export const ActiveApiKey = Type.Pick(ApiKey, ['api_key', 'key_id', 'name', 'scopes', 'expires_at'])
export type ActiveApiKey = Static<typeof ActiveApiKey>
