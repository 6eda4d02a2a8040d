import { readFileSync } from 'node:fs'
import { type Static, Type } from 'typebox'
import { Check, Default, Errors } from 'typebox/value'

const Flag = (value: boolean) => Type.Boolean({ default: value })
const Texts = Type.Array(Type.String(), { default: [] })
const RolesByClient = Type.Record(Type.String(), Type.Array(Type.String()), { default: {} })

const Role = Type.Object({
  name: Type.String(),
  composites: Type.Optional(Type.Object({ realm: Texts, client: RolesByClient })),
})

const Mapper = Type.Object({
  protocolMapper: Type.String(),
  config: Type.Record(Type.String(), Type.String()),
})

const Client = Type.Object({
  clientId: Type.String(),
  secret: Type.Optional(Type.String()),
  enabled: Flag(true),
  publicClient: Flag(false),
  redirectUris: Texts,
  standardFlowEnabled: Flag(true),
  implicitFlowEnabled: Flag(false),
  serviceAccountsEnabled: Flag(false),
  fullScopeAllowed: Flag(true),
  defaultClientScopes: Type.Array(Type.String(), {
    default: ['basic', 'roles', 'profile', 'email', 'web-origins', 'acr'],
  }),
  optionalClientScopes: Type.Array(Type.String(), {
    default: ['offline_access', 'address', 'phone', 'microprofile-jwt'],
  }),
  protocolMappers: Type.Array(Mapper, { default: [] }),
  attributes: Type.Record(Type.String(), Type.String(), { default: {} }),
})
export type Client = Static<typeof Client>

const User = Type.Object({
  id: Type.Optional(Type.String()),
  username: Type.String(),
  enabled: Flag(true),
  email: Type.Optional(Type.String()),
  emailVerified: Flag(false),
  firstName: Type.Optional(Type.String()),
  lastName: Type.Optional(Type.String()),
  attributes: Type.Record(Type.String(), Type.Array(Type.String()), { default: {} }),
  credentials: Type.Array(Type.Object({ type: Type.String(), value: Type.String() }), { default: [] }),
  realmRoles: Texts,
  clientRoles: RolesByClient,
  serviceAccountClientId: Type.Optional(Type.String()),
})
export type RealmUser = Static<typeof User>

const Realm = Type.Object({
  realm: Type.String(),
  displayName: Type.Optional(Type.String()),
  defaultLocale: Type.String({ default: 'en' }),
  accessTokenLifespan: Type.Integer({ default: 300 }),
  accessCodeLifespan: Type.Integer({ default: 60 }),
  ssoSessionIdleTimeout: Type.Integer({ default: 1800 }),
  ssoSessionMaxLifespan: Type.Integer({ default: 36_000 }),
  offlineSessionIdleTimeout: Type.Integer({ default: 2_592_000 }),
  /** Unix seconds; what was issued earlier is stale. */
  notBefore: Type.Integer({ default: 0 }),
  revokeRefreshToken: Flag(false),
  refreshTokenMaxReuse: Type.Integer({ default: 0 }),
  roles: Type.Object(
    {
      realm: Type.Array(Role, { default: [] }),
      client: Type.Record(Type.String(), Type.Array(Role), { default: {} }),
    },
    { default: {} },
  ),
  clients: Type.Array(Client),
  users: Type.Array(User, { default: [] }),
})
/** A realm as Keycloak imports it, as far as tokens and logins depend on it; lifetimes in seconds. */
export type Realm = Static<typeof Realm>

/**
 * A Keycloak realm file's text, `${NAME}` and `${NAME:default}` replaced from `variables` as Keycloak's import does:
 * before it is parsed, so a value with a quote breaks the file there too.
 */
export const realmText = (file: string, variables: Record<string, string | undefined> = {}): string =>
  readFileSync(file, 'utf8').replaceAll(
    /\$\{([^}:]+)(?::([^}]*))?\}/g,
    (whole, name: string, fallback?: string) => variables[name] ?? fallback ?? whole,
  )

/**
 * Reads a realm file as `realmText` does.
 * @throws Error naming every place that does not fit.
 */
export function readRealm(file: string, variables?: Record<string, string | undefined>): Realm {
  const realm = Default(Realm, JSON.parse(realmText(file, variables)))
  if (Check(Realm, realm)) return realm
  const faults = Errors(Realm, realm).map((fault) => `${fault.instancePath || '/'} ${fault.message}`)
  throw new Error(`${file} is no usable realm:\n  ${faults.join('\n  ')}`)
}

/** The client of that id, unless it is switched off. */
export const findClient = (realm: Realm, id: string): Client | undefined =>
  realm.clients.find((client) => client.clientId === id && client.enabled)
