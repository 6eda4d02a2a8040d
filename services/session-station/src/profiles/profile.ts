import type { InjectionRule, ProfileContent, ProfileStatus } from '@munjigi/contracts/auth-profiles'
import type { Static } from 'typebox'

type Scalar = string | number | boolean | null

/** What a request carries at one place: as it stands, or a template over extracted fields. */
export type Value = Scalar | { $template: string }
/** JSON whose leaves are values. */
export type Tree = Value | Tree[] | { [name: string]: Tree }

type Success = NonNullable<ProfileContent['login_config']['success']>
export type BodyCheck = NonNullable<Success['body']>
export type Expired = NonNullable<ProfileContent['expired']>

/** One request of a login or of a renewal, its secrets open. */
export interface LoginRequest {
  /** Without query and userinfo; `{field}` in its path is filled, percent-encoded. */
  url: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'NONE'
  headers: Record<string, Value>
  query: Record<string, Value | Value[]>
  /** `user:password`, sent as Basic. */
  userinfo: Value | undefined
  payload: Record<string, Tree>
  /** Seconds. */
  timeout: number
  follow_redirects: boolean
  success: Success | undefined
}

export interface RefreshRequest extends LoginRequest {
  refresh_token_field: string
}

type GivenRule = ProfileContent['extraction_rules'][number]
export interface ExtractionRule extends Omit<GivenRule, 'value' | 'key_path'> {
  key_path: string | undefined
  /** Open. */
  value: Scalar | undefined
}

/** An auth profile with its secrets open: lives in memory for one login, never logged, never answered. */
export interface Profile {
  id: number
  user_id: string
  service_id: string
  /** Grows with every change of what a login depends on. */
  generation: number
  status: ProfileStatus
  /** In order; the last is the login itself. Method NONE: there is no request at all, and this is empty. */
  requests: LoginRequest[]
  extraction_rules: ExtractionRule[]
  injection_rules: Static<typeof InjectionRule>[]
  /** Undefined where renewing is off. */
  refresh: RefreshRequest | undefined
  /** Origins that secrets may go to: of every request, of the renewal, and `allowed_origins`. */
  origins: string[]
  /** Where the proxy may go; the first by default. */
  allowed_origins: string[]
  expired: Expired | undefined
  /** Of the row: by name of a totp rule when, by the target's clock in ms, the step of the last code sent ends. No code is sent twice. */
  totp_used: Record<string, number>
  /** Seconds. */
  ttl: number
  /** Seconds. */
  refresh_before_expire: number
}
