import { type Static, type TObject, Type } from 'typebox'
import { optional, Patch, withoutDefaults } from './merge-patch.ts'

/** The object, or null. Said by its type: in a union its defaults would not be filled in. */
const Nullable = <T extends TObject>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, type: ['object', 'null'] })

/** The one id of an outside service for its owner; part of paths and of the names of cached contexts. */
export const ServiceId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$',
  description: 'letters, digits and . _ ~ -, at most 100',
})

/** The name of an extracted value, as templates write it: `{access_token}`. */
const FieldName = Type.String({ pattern: '^(?!__proto__$)[A-Za-z_][A-Za-z0-9_-]{0,63}$' })

/**
 * A value at a secret's place. Text, a number, true or false are kept sealed and answered as `{"$secret": "set"}`, which may
 * be sent back and keeps them; `{"$secret": "missing"}` is answered where one has to be entered (anew).
 * `{"$template": "Bearer {token}"}` is filled with extracted values when the request is made.
 */
const Value = Type.Union(
  [
    Type.String({ maxLength: 20_000 }),
    Type.Number(),
    Type.Boolean(),
    Type.Null(),
    Type.Object({ $secret: Type.Enum(['set', 'missing']) }, { additionalProperties: false }),
    Type.Object({ $template: Type.String({ maxLength: 20_000 }) }, { additionalProperties: false }),
  ],
  { description: 'text, number, true, false, null, {"$secret": "set"} or {"$template": "…{field}…"}' },
)

const Headers = Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Value, { default: {} })
const Query = Type.Record(Type.String({ minLength: 1, maxLength: 200 }), Type.Union([Value, Type.Array(Value)]))
const Payload = Type.Record(Type.String({ maxLength: 200 }), Type.Unknown(), { default: {} })
const Seconds = Type.Integer({ minimum: 1, maximum: 120, default: 30, description: 'seconds' })
const Url = Type.String({
  minLength: 1,
  maxLength: 2_000,
  description: 'http or https; its query and user:password are kept apart, in query and userinfo',
})

/** Where in a JSON answer: `data.items[0]["a.b"]`; with `equals` it must hold that, without it anything but null. */
const BodyCheck = Type.Object(
  {
    path: Type.String({ minLength: 1, maxLength: 500 }),
    equals: Type.Optional(Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
  },
  { additionalProperties: false },
)
const Statuses = Type.Array(Type.Integer({ minimum: 100, maximum: 599 }), { minItems: 1, maxItems: 50 })

const Success = Type.Object(
  { status: Type.Optional(Statuses), body: Type.Optional(BodyCheck) },
  { additionalProperties: false, minProperties: 1 },
)

/** One request of a login (source 004, LoginConfig). The payload is JSON, a form where the content type says so, the query of a GET. */
const LoginStep = Type.Object(
  {
    url: Url,
    method: Type.Enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], { default: 'POST' }),
    headers: Type.Optional(Headers),
    query: Type.Optional(Query),
    userinfo: Type.Optional(Value),
    payload: Type.Optional(Payload),
    timeout: Seconds,
    follow_redirects: Type.Boolean({ default: true, description: 'at most five, secrets stay with their origin' }),
    success: Type.Optional(Success),
  },
  { additionalProperties: false },
)

/** The last request of a login, and those that go before it. Method NONE asks nobody: all values are given, for that URL. */
const LoginConfig = Type.Interface(
  [Type.Omit(LoginStep, ['method'])],
  {
    method: Type.Enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'NONE'], { default: 'POST' }),
    steps: Type.Optional(Type.Array(LoginStep, { maxItems: 9 })),
  },
  { additionalProperties: false },
)

/** Where a value comes from (source 004). `fixed`, `basic` and `totp` ask no answer and may be used by every step. */
const ExtractionRule = Type.Object(
  {
    name: FieldName,
    source: Type.Enum(['body', 'header', 'cookie', 'fixed', 'html', 'basic', 'totp']),
    key_path: Type.Optional(
      Type.Union([Type.String({ maxLength: 1_000 }), Type.Null()], {
        description:
          'body: dotted path; header, cookie: its name; html: CSS selector; fixed: the value where value is absent',
      }),
    ),
    value: Type.Optional(Value),
    step: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 8,
        description: 'whose answer: index of login_config.steps; default the last request',
      }),
    ),
    all: Type.Optional(Type.Boolean({ description: 'header: every line, joined by ", "; default the first' })),
    attribute: Type.Optional(Type.String({ maxLength: 100, description: 'html; default value, content or the text' })),
    digits: Type.Optional(Type.Integer({ minimum: 6, maximum: 10, description: 'totp; default 6' })),
    period: Type.Optional(Type.Integer({ minimum: 10, maximum: 300, description: 'totp, seconds; default 30' })),
    algorithm: Type.Optional(Type.Enum(['SHA1', 'SHA256', 'SHA512'], { description: 'totp; default SHA1' })),
    drift: Type.Optional(
      Type.Integer({ minimum: -600, maximum: 600, description: "totp, seconds: the target's clock less ours" }),
    ),
  },
  { additionalProperties: false },
)

/** What later requests carry (source 004). */
export const InjectionRule = Type.Object(
  {
    source_field: FieldName,
    target: Type.Enum(['header', 'cookie', 'query', 'body']),
    key: Type.String({ minLength: 1, maxLength: 200 }),
    value_template: Type.String({ maxLength: 20_000, description: 'text with {field}, {{ and }}' }),
    required: Type.Boolean({ default: false }),
  },
  { additionalProperties: false },
)

/** How a context is renewed without a login (source 004). */
const RefreshConfig = Type.Object(
  {
    enabled: Type.Boolean({ default: false }),
    refresh_token_field: Type.String({ ...FieldName, default: 'refresh_token' }),
    url: Type.Optional(Type.Union([Url, Type.Null()], { description: "default: the login's" })),
    method: Type.Enum(['GET', 'POST', 'PUT', 'PATCH'], { default: 'POST' }),
    headers: Type.Optional(Headers),
    query: Type.Optional(Query),
    userinfo: Type.Optional(Value),
    payload: Type.Optional(Payload),
    timeout: Seconds,
    success: Type.Optional(Success),
  },
  { additionalProperties: false },
)

/** By what the proxy knows that the target has forgotten the login; status 401 where nothing is stated. */
const Expired = Type.Object(
  {
    status: Type.Optional(Statuses),
    location: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: 'what the path of a redirect begins with' }),
    ),
    body: Type.Optional(BodyCheck),
  },
  { additionalProperties: false, minProperties: 1 },
)

const Origins = Type.Array(Type.String({ maxLength: 300 }), {
  minItems: 1,
  maxItems: 20,
  description: "scheme, host and port the proxy may call, the first by default; default: the login URL's",
})

export const ProfileStatus = Type.Enum(['active', 'inactive', 'needs_auth'])
export type ProfileStatus = Static<typeof ProfileStatus>

const Time = Type.String({ format: 'date-time' })
const Told = {
  name: Type.String({ minLength: 1, maxLength: 200 }),
  description: Type.Union([Type.String({ maxLength: 2_000 }), Type.Null()]),
  auth_type: Type.String({ minLength: 1, maxLength: 50 }),
  login_config: LoginConfig,
  extraction_rules: Type.Array(ExtractionRule, { maxItems: 50 }),
  injection_rules: Type.Array(InjectionRule, { maxItems: 50 }),
  refresh_config: Nullable(RefreshConfig),
  allowed_origins: Origins,
  expired: Nullable(Expired),
  ttl: Type.Integer({
    minimum: 1,
    maximum: 31_536_000,
    default: 3600,
    description: 'seconds that a login is good for',
  }),
  refresh_before_expire: Type.Integer({ minimum: 0, maximum: 31_535_999, default: 300, description: 'seconds' }),
}

/** What an auth profile is, without what a login has made of it. */
export const ProfileContent = Type.Object(Told, { additionalProperties: false })
export type ProfileContent = Static<typeof ProfileContent>

/** `POST auth-profiles`. */
export const NewAuthProfile = Type.Object(
  {
    service_id: ServiceId,
    ...Told,
    description: Type.Optional(Told.description),
    refresh_config: Type.Optional(Told.refresh_config),
    allowed_origins: Type.Optional(Told.allowed_origins),
    expired: Type.Optional(Told.expired),
    status: Type.Optional(Type.Enum(['active', 'inactive'])),
  },
  { additionalProperties: false },
)
export type NewAuthProfile = Static<typeof NewAuthProfile>

const Kept = {
  id: Type.Integer(),
  user_id: Type.String({ description: "the owner's subject" }),
  missing_secrets: Type.Array(Type.String(), { description: 'places that have to be filled before it can be active' }),
  last_refresh: Type.Union([Time, Type.Null()]),
  last_error: Type.Union([Type.String(), Type.Null()]),
  created_by: Type.Union([Type.String(), Type.Null()]),
  created_at: Time,
  updated_at: Time,
}

/** How to log in at an outside service for one person, secrets masked. */
export const AuthProfile = Type.Object({ service_id: ServiceId, ...Told, status: ProfileStatus, ...Kept })
export type AuthProfile = Static<typeof AuthProfile>

/** `PUT auth-profiles/{service_id}`: what is left out stays. What only we write may be sent back and changes nothing. */
export const AuthProfileChange = Type.Unsafe<
  Partial<Omit<AuthProfile, 'login_config' | 'refresh_config'>> & {
    login_config?: Record<string, unknown>
    refresh_config?: Record<string, unknown> | null
  }
>(
  Type.Object(
    {
      service_id: Type.Optional(ServiceId),
      ...optional(Told, withoutDefaults),
      login_config: Type.Optional(Patch(LoginConfig, 'object')),
      refresh_config: Type.Optional(Patch(RefreshConfig, ['object', 'null'])),
      status: Type.Optional(ProfileStatus),
      ...optional(Kept, withoutDefaults),
    },
    { additionalProperties: false },
  ),
)
export type AuthProfileChange = Static<typeof AuthProfileChange>
