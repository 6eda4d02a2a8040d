import type { Slot, TemplateContent } from '@munjigi/contracts/auth-profile-store'
import type { ProfileStatus } from '@munjigi/contracts/auth-profiles'
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

type CreatedAt = ColumnType<Date, never, never>
/** Written as `JSON.stringify`, read as it is. */
type Json<T = unknown> = ColumnType<T, string, string>

export interface Tables {
  auth_profiles: {
    id: GeneratedAlways<number>
    user_id: string
    service_id: string
    name: string
    description: string | null
    auth_type: string
    login_config: Json
    extraction_rules: Json
    injection_rules: Json
    refresh_config: ColumnType<unknown, string | null, string | null>
    allowed_origins: Json<string[]>
    expired: ColumnType<unknown, string | null, string | null>
    ttl: number
    refresh_before_expire: number
    status: Generated<ProfileStatus>
    generation: Generated<number>
    login_number: Generated<number>
    /** In a row, other than outages. */
    failures: Generated<number>
    /** In a row. */
    outages: Generated<number>
    retry_at: Date | null
    /** By name of a totp rule: when the time step of the last code sent ends, epoch in ms. */
    totp_used: ColumnType<Record<string, number>, string | undefined, string>
    last_refresh: Date | null
    last_error: string | null
    created_by: string | null
    created_at: CreatedAt
    updated_at: Generated<Date>
  }
  auth_contexts: {
    profile_id: number
    generation: number
    login_number: number
    /** ENC(…) of a Context as JSON. */
    context: string
    /** Its refresh token was about to be sent: it may be used up. */
    refresh_begun: Generated<boolean>
    updated_at: Generated<Date>
  }
  auth_refresh_logs: {
    id: GeneratedAlways<number>
    profile_id: number
    service_id: string
    user_id: string
    refresh_type: 'login' | 'refresh' | 'test'
    success: boolean
    extracted_fields: Json<string[]>
    error_message: string | null
    response_status_code: number | null
    duration_ms: number
    created_at: CreatedAt
  }
  auth_profile_templates: {
    template_id: GeneratedAlways<string>
    position: GeneratedAlways<number>
    tenant_id: string
    owner_sub: string
    name: string
    description: string | null
    auth_type: string
    service_id: string
    tags: Json<string[]>
    content: Json<TemplateContent>
    slots: Json<Slot[]>
    hosts: Json<string[]>
    created_at: CreatedAt
  }
  audit_events: {
    id: GeneratedAlways<number>
    at: CreatedAt
    actor: string
    action: string
    target: string
    details: Json
    request_id: string | null
  }
  sealing_check: {
    id: Generated<boolean>
    sealed: string
  }
}
