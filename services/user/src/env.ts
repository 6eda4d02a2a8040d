import { databaseEnv } from '@munjigi/db/env'
import { EnvError, listOf, Secret } from '@munjigi/env'
import { keyRingFaults } from '@munjigi/sealing/fernet'
import { serverEnv } from '@munjigi/server/env'
import { storeEnv } from '@munjigi/store/env'
import { type Static, Type } from 'typebox'
import { SERVING_ROLE } from './migrations/plan.ts'
import { DEFAULT_BODY_TEMPLATE, readBodyTemplate } from './notices/body-template.ts'

const Url = (description: string) => Type.String({ pattern: '^https?://[^/?#]+', description })
const ClaimNames = (description: string, names: string) =>
  Type.String({ default: names, description: `${description}: names of claims, the first one present counts` })
const Seconds = (value: number, description: string) =>
  Type.Integer({ default: value, minimum: 60, maximum: 90 * 86_400, description })

/** What the service is like, wherever it runs. */
export const SettingsEnv = Type.Object({
  USER_SEALING_KEY: Secret('keys of 32 bytes in URL-safe base64, comma-separated, the first seals'),
  INTERNAL_KEYS: Secret('callers of the internal routes: name:key, comma-separated; a name may repeat'),
  ISSUERS_FILE: Type.Optional(Type.String({ description: 'a services.yaml whose issuers are trusted here too' })),

  PLATFORM_ISSUER: Url("the gateway's public address, which is iss of our tokens"),
  PLATFORM_AUDIENCE: Type.String({ default: 'munjigi' }),
  FRONTEND_BASE_URL: Url('where the browser goes after signing in and out'),
  SP_REDIRECT_URL: Type.String({
    pattern: '^https?://[^?#]+/callback/?$',
    description: 'the public address of /api/auth/callback/, as the IdP knows it',
  }),

  IDP_ISSUER: Type.Optional(Url('the IdP, found by discovery')),
  IDP_BACKCHANNEL_URL: Type.Optional(Url('origin under which this service reaches IDP_ISSUER, where it is another')),
  IDP_CLIENT_ID: Type.String({ minLength: 1, description: 'our client id at the IdP' }),
  IDP_CLIENT_SECRET: Type.Optional(Type.String({ minLength: 1, description: 'needed with IDP_ISSUER' })),
  IDP_ENTITY_ID: Type.Optional(Url('authorisation URL of an IdP that is known by its certificate')),
  IDP_TOKEN_ISSUER: Type.Optional(Type.String({ minLength: 1, description: 'iss of its id_tokens' })),
  IDP_CERT_FILE: Type.String({ default: 'certs/cert.cer', description: 'its certificate, PEM or DER' }),
  IDP_SIGNOUT_URL: Type.Optional(Url("the IdP's sign-out page; default: RP-initiated logout found by discovery")),

  INTERNAL_MAIL_API_ENDPOINT: Type.Optional(Url('where notices are posted; without it nothing is sent')),
  INTERNAL_MAIL_API_KEY: Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]+$',
      description: 'the bearer token of the mail API, needed with its endpoint',
    }),
  ),
  INTERNAL_MAIL_BODY_TEMPLATE: Type.String({
    default: DEFAULT_BODY_TEMPLATE,
    description: 'JSON whose texts hold {to}, {subject} and {html}',
  }),

  INITIAL_ADMIN_IDS: Type.String({ default: '', description: 'login ids that are made ADMIN at each sign-in' }),
  DEFAULT_TENANT_ID: Type.String({
    pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
    default: '00000000-0000-4000-8000-000000000001',
    description: 'tenant of new people, made if it is absent',
  }),
  SSO_TOKEN_DELIVERY: Type.Enum(['token', 'code'], { default: 'code' }),
  ALLOW_TOKEN_IN_URL: Type.Boolean({ default: false }),
  ACCESS_TOKEN_TTL_SECONDS: Seconds(900, 'life of an access token'),
  URL_TOKEN_TTL_SECONDS: Seconds(43_200, 'life of an access token that is delivered as ?token='),
  REFRESH_TOKEN_TTL_SECONDS: Seconds(604_800, 'life of a refresh token'),
  MAX_SESSIONS_PER_PERSON: Type.Integer({
    default: 5,
    minimum: 1,
    maximum: 1000,
    description: 'signing in once more ends the longest idle one',
  }),
  PASSWORD_MIN_CHARACTERS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 64,
    description: 'what a new password has at least; NIST SP 800-63B asks for 8',
  }),

  CLAIM_USER_ID: ClaimNames('login id', 'loginid,preferred_username'),
  CLAIM_EMAIL: ClaimNames('e-mail', 'mail,email'),
  CLAIM_USERNAME_KR: ClaimNames('Korean name', 'username,username_kr,name'),
  CLAIM_USERNAME_EN: ClaimNames('English name', 'username_en'),
  CLAIM_DEPTNAME_KR: ClaimNames('Korean department', 'deptname,deptname_kr'),
  CLAIM_DEPTNAME_EN: ClaimNames('English department', 'deptname_en'),
})
export type SettingsEnv = Static<typeof SettingsEnv>

/** What a process of its own needs besides. */
export const Env = Type.Object({
  ...SettingsEnv.properties,
  ...serverEnv(4001),
  ...databaseEnv(SERVING_ROLE),
  ...storeEnv('shared with the gateway'),
})

/** What `munjigi-user import` needs: nothing of what serving does. */
export const ImportEnv = Type.Object({
  DEFAULT_TENANT_ID: SettingsEnv.properties.DEFAULT_TENANT_ID,
  ...databaseEnv(SERVING_ROLE),
})

/** @throws EnvError listing what each variable by itself cannot show: which of them go together. */
export function checkEnv(env: SettingsEnv, options: { development?: boolean } = {}): void {
  const faults = [
    ...idpFaults(env),
    ...internalKeyFaults(env.INTERNAL_KEYS),
    ...keyRingFaults('USER_SEALING_KEY', env.USER_SEALING_KEY),
    ...mailFaults(env),
  ]
  const isProduction = options.development !== true
  if (isProduction && env.SSO_TOKEN_DELIVERY === 'token' && !env.ALLOW_TOKEN_IN_URL) {
    faults.push('SSO_TOKEN_DELIVERY=token puts tokens into addresses: use code, or set ALLOW_TOKEN_IN_URL=true')
  }
  if (env.SSO_TOKEN_DELIVERY === 'code' && !isSecureForBrowsers(env.FRONTEND_BASE_URL)) {
    faults.push('SSO_TOKEN_DELIVERY=code needs an https FRONTEND_BASE_URL or localhost: no cookie reaches it otherwise')
  }
  if (faults.length > 0) throw new EnvError(faults)
}

function idpFaults(env: SettingsEnv): string[] {
  if (env.IDP_ISSUER === undefined) {
    const missing = (['IDP_ENTITY_ID', 'IDP_TOKEN_ISSUER'] as const).filter((name) => env[name] === undefined)
    return missing.map((name) => `${name} is missing: set it, or IDP_ISSUER for an IdP that has discovery`)
  }
  const faults = []
  if (env.IDP_CLIENT_SECRET === undefined) faults.push('IDP_CLIENT_SECRET is missing: IDP_ISSUER needs it')
  if (env.IDP_ENTITY_ID !== undefined) faults.push('IDP_ENTITY_ID and IDP_ISSUER exclude each other: keep one')
  return faults
}

const INTERNAL_KEY = /^[a-z][a-z0-9-]*:.{32,}$/

const internalKeyFaults = (keys: string): string[] =>
  listOf(keys).flatMap((item, index) =>
    INTERNAL_KEY.test(item) ? [] : [`INTERNAL_KEYS: item ${index + 1} is not name:key with a key of 32 characters`],
  )

function mailFaults(env: SettingsEnv): string[] {
  const faults = []
  const names = ['INTERNAL_MAIL_API_ENDPOINT', 'INTERNAL_MAIL_API_KEY'] as const
  const missing = names.filter((name) => env[name] === undefined)
  if (missing.length === 1) faults.push(`${missing[0]} is missing: set both ${names.join(' and ')}, or neither`)
  try {
    readBodyTemplate(env.INTERNAL_MAIL_BODY_TEMPLATE)
  } catch (error) {
    faults.push(`INTERNAL_MAIL_BODY_TEMPLATE is not usable: ${(error as Error).message}`)
  }
  return faults
}

function isSecureForBrowsers(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return (
    protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '127.0.0.1'
  )
}
