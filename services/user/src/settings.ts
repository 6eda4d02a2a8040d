import { readFileSync } from 'node:fs'
import { EnvError, listOf } from '@munjigi/env'
import type { Issuer } from '@munjigi/identity/issuers'
import { readIssuersFile } from '@munjigi/identity/issuers-file'
import { type KeyRing, keyRing } from '@munjigi/sealing/fernet'
import { checkEnv, type SettingsEnv } from './env.ts'
import { readBodyTemplate } from './notices/body-template.ts'
import type { MailApi } from './notices/mail-api.ts'
import type { ProfileClaims } from './sso/profile.ts'

/** How the company's IdP is known (DESIGN §8): by discovery, or by its authorisation URL and certificate. */
export type IdpSettings = { clientId: string; redirectUrl: string } & (
  | { kind: 'discovery'; issuer: string; clientSecret: string; backchannelUrl: string | undefined }
  | { kind: 'certificate'; authorizationUrl: string; issuer: string; certificate: Buffer }
)

export interface Settings {
  platformIssuer: string
  platformAudience: string
  frontendUrl: string
  idp: IdpSettings
  signoutUrl: string | undefined
  sealing: KeyRing
  internalKeys: { name: string; key: string }[]
  /** Issuers trusted besides ourselves. */
  issuers: Issuer[]
  /** Undefined: notices are neither written nor sent. */
  mail: MailApi | undefined
  initialAdminIds: ReadonlySet<string>
  defaultTenantId: string
  delivery: 'token' | 'code'
  /** Lives of tokens in seconds. */
  accessTtl: number
  urlTokenTtl: number
  refreshTtl: number
  maxSessionsPerPerson: number
  passwordMinCharacters: number
  claims: ProfileClaims
}

/**
 * What the service is built from; with `development` tokens may stand in addresses unasked.
 * @throws EnvError where variables do not go together, Error where a named file or key is not usable.
 */
export function settingsOf(env: SettingsEnv, options: { development?: boolean } = {}): Settings {
  checkEnv(env, options)
  return {
    platformIssuer: env.PLATFORM_ISSUER,
    platformAudience: env.PLATFORM_AUDIENCE,
    frontendUrl: env.FRONTEND_BASE_URL.replace(/\/+$/, ''),
    idp: idpOf(env),
    signoutUrl: env.IDP_SIGNOUT_URL,
    sealing: keyRing(env.USER_SEALING_KEY),
    internalKeys: listOf(env.INTERNAL_KEYS).map(splitKey),
    issuers: env.ISSUERS_FILE === undefined ? [] : readIssuersFile(env.ISSUERS_FILE),
    mail: mailOf(env),
    initialAdminIds: new Set(listOf(env.INITIAL_ADMIN_IDS)),
    defaultTenantId: env.DEFAULT_TENANT_ID,
    delivery: env.SSO_TOKEN_DELIVERY,
    accessTtl: env.ACCESS_TOKEN_TTL_SECONDS,
    urlTokenTtl: env.URL_TOKEN_TTL_SECONDS,
    refreshTtl: env.REFRESH_TOKEN_TTL_SECONDS,
    maxSessionsPerPerson: env.MAX_SESSIONS_PER_PERSON,
    passwordMinCharacters: env.PASSWORD_MIN_CHARACTERS,
    claims: {
      user_id: listOf(env.CLAIM_USER_ID),
      email: listOf(env.CLAIM_EMAIL),
      username_kr: listOf(env.CLAIM_USERNAME_KR),
      username_en: listOf(env.CLAIM_USERNAME_EN),
      deptname_kr: listOf(env.CLAIM_DEPTNAME_KR),
      deptname_en: listOf(env.CLAIM_DEPTNAME_EN),
    },
  }
}

function idpOf(env: SettingsEnv): IdpSettings {
  const client = { clientId: env.IDP_CLIENT_ID, redirectUrl: env.SP_REDIRECT_URL }
  if (env.IDP_ISSUER !== undefined) {
    const clientSecret = env.IDP_CLIENT_SECRET as string
    return {
      ...client,
      kind: 'discovery',
      issuer: env.IDP_ISSUER,
      clientSecret,
      backchannelUrl: env.IDP_BACKCHANNEL_URL,
    }
  }
  return {
    ...client,
    kind: 'certificate',
    authorizationUrl: env.IDP_ENTITY_ID as string,
    issuer: env.IDP_TOKEN_ISSUER as string,
    certificate: readCertificate(env.IDP_CERT_FILE),
  }
}

function mailOf(env: SettingsEnv): MailApi | undefined {
  const { INTERNAL_MAIL_API_ENDPOINT: endpoint, INTERNAL_MAIL_API_KEY: key } = env
  if (endpoint === undefined || key === undefined) return undefined
  return { endpoint, key, bodyOf: readBodyTemplate(env.INTERNAL_MAIL_BODY_TEMPLATE) }
}

function readCertificate(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    throw new EnvError([`IDP_CERT_FILE is not usable: ${path} cannot be read`])
  }
}

function splitKey(item: string) {
  const colon = item.indexOf(':')
  return { name: item.slice(0, colon), key: item.slice(colon + 1) }
}
