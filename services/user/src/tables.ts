import type { AccountStatus, SectionLevel } from '@munjigi/contracts/access'
import type { CaseRole } from '@munjigi/contracts/case-roles'
import type { NoticeKind } from '@munjigi/contracts/notices'
import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'

type Written = ColumnType<Date, never, never>

/** Times that stand in tokens and records are whole seconds since 1970, 0 for never; the others are Dates. */
export interface Tables {
  tenants: {
    id: string
    name: string
    status: Generated<'active' | 'suspended'>
    created_at: Written
  }
  people: {
    sub: string
    user_id: string
    email: string | null
    username_kr: Generated<string>
    username_en: Generated<string>
    deptname_kr: Generated<string>
    deptname_en: Generated<string>
    role: Generated<string>
    superuser: Generated<boolean>
    status: Generated<AccountStatus>
    tenant_id: string
    theme_preference: Generated<'light' | 'dark'>
    language_preference: Generated<'ko' | 'en'>
    realm_access: JSONColumnType<{ roles: string[] }> | null
    resource_access: JSONColumnType<Record<string, { roles: string[] }>> | null
    valid_from: Generated<number>
    rights_changed_at: Generated<number>
    /** Whether the first SSO sign-in under this login id is theirs. */
    binds_at_sso: Generated<boolean>
    created_at: Written
    last_login_at: Date | null
  }
  person_names: {
    issuer: string
    sub: string
    person_sub: string
    created_at: Written
  }
  /** The words that a person is found by; kept by triggers. */
  person_terms: {
    tenant_id: string
    person_sub: string
    term: string
    created_at: Date
  }
  sections: {
    id: string
    title_ko: string
    title_en: string
    created_at: Written
  }
  section_grants: {
    person_sub: string
    section_id: string
    level: SectionLevel
  }
  groups: {
    id: string
    title: string
    created_at: Written
  }
  group_sections: {
    group_id: string
    section_id: string
    level: SectionLevel
  }
  group_members: {
    group_id: string
    person_sub: string
    /** The person's, copied by triggers. */
    tenant_id: GeneratedAlways<string>
    created_at: GeneratedAlways<Date>
  }
  sessions: {
    sid: string
    person_sub: string
    started_at: Written
    access_exp: number
    refresh_exp: number
    id_token_sealed: string | null
    ended_at: Date | null
    way: Generated<'sso' | 'password'>
    user_agent: Generated<string>
    address: Generated<string>
    last_used_at: Generated<Date>
  }
  refresh_tokens: {
    jti: string
    sid: string
    iat: number
    exp: number
    key_id: string
    used_at: Date | null
    successor: string | null
  }
  signing_keys: {
    kid: string
    purpose: 'access' | 'refresh'
    private_sealed: string
    active_from: Date
    created_at: Written
  }
  audit_events: {
    id: GeneratedAlways<number>
    at: Written
    actor: string | null
    action: string
    target: string | null
    tenant_id: string | null
    details: JSONColumnType<Record<string, unknown>>
    request_id: string | null
  }
  passwords: {
    person_sub: string
    /** Lower case, NFC. */
    email: string
    /** Null until the person has chosen one. */
    hash: string | null
    bcrypt_cost: GeneratedAlways<number | null>
    /** Counts the passwords that were set; a rehash is still the same one. */
    version: Generated<number>
    changed_at: Generated<Date>
  }
  password_origins: {
    person_sub: string
    /** An address, or the /64 of one. */
    origin: string
    last_signed_in_at: Date
  }
  password_resets: {
    /** SHA-256 of the link's token, as hex. */
    token_hash: string
    person_sub: string
    created_by: string
    created_at: Written
    expires_at: Date
  }
  api_keys: {
    tenant_id: string
    key_id: Generated<string>
    person_sub: string
    name: string
    prefix: string
    /** SHA-256 of the whole key, as hex. */
    secret_hash: string
    scopes: JSONColumnType<string[]>
    created_at: Generated<Date>
    expires_at: Date | null
    last_used_at: Date | null
    revoked_at: Date | null
  }
  case_roles: {
    tenant_id: string
    case_id: string
    person_sub: string
    role: CaseRole
    granted_at: Written
  }
  notices: {
    id: GeneratedAlways<number>
    event_key: string
    idempotency_key: GeneratedAlways<string>
    kind: NoticeKind
    recipients: JSONColumnType<string[]>
    content: JSONColumnType<{ subject: string; html: string }>
    created_at: Written
    /** Null once it will not be tried again. */
    next_attempt_at: Generated<Date | null>
    attempts: Generated<number>
    last_error: string | null
    delivered_at: Date | null
  }
}
