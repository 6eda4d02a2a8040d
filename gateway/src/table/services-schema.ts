import { Issuer } from '@munjigi/identity/issuers'
import { type Static, Type } from 'typebox'

const STRICT = { additionalProperties: false }
const Access = Type.Enum(['open', 'public', 'authenticated', 'section', 'service'], {
  description:
    'open: no credential is read or forwarded; public: none needed, a present one is verified; authenticated: any known person; section: people with the section; service: listed clients only.',
})
const accessKeys = {
  access: Type.Optional(Access),
  section: Type.Optional(
    Type.String({ minLength: 1, description: 'Section a person needs; implies access: section.' }),
  ),
  level: Type.Optional(Type.Enum(['user', 'admin'], { description: 'Level of the section; default user.' })),
  clients: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      description:
        'Client accounts that may use it: azp, else client_id; <issuer name>|<client> where the issuer has people of its own.',
    }),
  ),
  pending: Type.Optional(
    Type.Enum(['allow', 'refuse'], { description: 'Whether people waiting for approval may use it; default refuse.' }),
  ),
  authorization: Type.Optional(
    Type.Enum(['drop', 'forward'], {
      description:
        "forward: an Authorization of another scheme than Bearer goes on unread, for a webhook's own key; open only, default drop.",
    }),
  ),
}

const Limits = Type.Object(
  {
    requests_per_second: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1_000_000,
      description: 'What a caller may ask for in the long run; 0.1 is six a minute.',
    }),
    burst: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'How many at once after a pause; default requests_per_second, rounded up.',
      }),
    ),
    by: Type.Optional(
      Type.Enum(['person', 'key', 'address'], {
        description:
          'Who is counted: the person (or client account); the API key, where one is used; the address (IPv6: its /64). Default person, address on open routes. Who is nobody is counted by address.',
      }),
    ),
  },
  { ...STRICT, description: 'How often one caller may come, in this gateway process; more is 429 with Retry-After.' },
)
export type LimitsEntry = Static<typeof Limits>

const Rule = Type.Object(
  {
    path: Type.String({
      pattern: '^(/[^\\s/?#;%\\\\]+)*/?$',
      minLength: 1,
      description: 'Prefix inside the module, not percent-encoded, on segment boundaries; the longest one wins.',
    }),
    methods: Type.Optional(
      Type.Array(Type.Enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']), {
        minItems: 1,
        description:
          'Methods it covers, HEAD with GET; default all. Any other method of a prefix that lists some is 405.',
      }),
    ),
    ...accessKeys,
    limits: Type.Optional(Limits),
  },
  STRICT,
)
export type RuleEntry = Static<typeof Rule>

const ModuleSettings = Type.Object(
  { ...accessKeys, limits: Type.Optional(Limits), rules: Type.Optional(Type.Array(Rule)) },
  STRICT,
)
export type ModuleEntry = Static<typeof ModuleSettings>

const Duration = Type.String({
  pattern: '^([1-9][0-9]{0,6}ms|[1-9][0-9]{0,4}s|[1-9][0-9]{0,3}m|[1-9][0-9]?h)$',
  description: 'a duration such as 500ms, 30s, 2m, 24h',
})
const Size = Type.String({
  pattern: '^[1-9][0-9]{0,5}(B|KB|MB|GB)$',
  description: 'a size such as 64KB, 10MB (1KB is 1024 bytes)',
})

const Service = Type.Object(
  {
    host: Type.String({ description: 'Origin of the service: http://name:port or https://name:port.' }),
    modules: Type.Array(Type.Union([Type.String(), Type.Record(Type.String(), ModuleSettings)]), {
      description: 'Names, each a first path segment; or one name with its settings.',
    }),
    timeout: Type.Optional(Duration),
    max_body: Type.Optional(Size),
    max_in_flight: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Requests at once before 503; default 1024.' }),
    ),
    health_path: Type.Optional(
      Type.String({ pattern: '^/[!-~]*$', description: 'Path asked for its health; default /healthz.' }),
    ),
    host_header: Type.Optional(
      Type.Enum(['client', 'upstream'], { description: "Whose Host header is sent; default client, the caller's." }),
    ),
    identity_headers: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9-]+$' }), {
        description: 'Further header names that carry the verified subject, for services written for an older name.',
      }),
    ),
    max_message: Type.Optional(Size),
    idle_timeout: Type.Optional(Duration),
    ca_file: Type.Optional(
      Type.String({ minLength: 1, description: "PEM file that signs the service's certificate." }),
    ),
  },
  STRICT,
)
export type ServiceEntry = Static<typeof Service>

/** services.yaml as operations write it. */
export const ServicesFile = Type.Object(
  {
    base_paths: Type.Optional(
      Type.Array(Type.String({ pattern: '^/([A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*)?$' }), {
        minItems: 1,
        description: 'Where modules stand; default /api and /ws.',
      }),
    ),
    services: Type.Record(Type.String(), Service, { description: 'Services by name.' }),
    external: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'Module to origin; the base path is removed.' }),
    ),
    allowed_origins: Type.Optional(
      Type.Array(Type.String(), { description: "Origins of CORS and WebSocket; default the front end's." }),
    ),
    public_hosts: Type.Optional(
      Type.Array(Type.String(), { description: 'Values of Host that are answered; default any well-formed one.' }),
    ),
    trusted_proxies: Type.Optional(
      Type.Array(Type.String(), { description: 'Addresses or CIDR whose X-Forwarded-* count; default none.' }),
    ),
    issuers: Type.Optional(Type.Array(Issuer, { description: 'Issuers besides our own user service.' })),
  },
  { ...STRICT, title: 'services.yaml of the gateway' },
)
export type ServicesFile = Static<typeof ServicesFile>
