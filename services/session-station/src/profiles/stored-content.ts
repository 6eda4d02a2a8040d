import type { AuthProfile, ProfileContent } from '@munjigi/contracts/auth-profiles'
import type { ProfileRow } from './profile-store.ts'
import { maskedContent, missingSecrets } from './sealed-content.ts'

/** Columns of what a login and its use depend on: with any of them the generation changes. */
export const CONTENT_COLUMNS = [
  'login_config',
  'extraction_rules',
  'injection_rules',
  'refresh_config',
  'allowed_origins',
  'expired',
  'ttl',
  'refresh_before_expire',
] as const

/** A row's content as it is stored, secrets sealed. */
export const storedContent = (row: ProfileRow): ProfileContent =>
  ({
    name: row.name,
    description: row.description,
    auth_type: row.auth_type,
    ...Object.fromEntries(CONTENT_COLUMNS.map((column) => [column, row[column]])),
  }) as unknown as ProfileContent

/** Content as its columns take it. */
export function contentColumns(content: ProfileContent) {
  const { login_config, extraction_rules, injection_rules, refresh_config, allowed_origins, expired, ...plain } =
    content
  return {
    ...plain,
    login_config: JSON.stringify(login_config),
    extraction_rules: JSON.stringify(extraction_rules),
    injection_rules: JSON.stringify(injection_rules),
    refresh_config: refresh_config && JSON.stringify(refresh_config),
    allowed_origins: JSON.stringify(allowed_origins),
    expired: expired && JSON.stringify(expired),
  }
}

/** A row as its owner sees it. */
export function answeredProfile(row: ProfileRow): AuthProfile {
  const stored = storedContent(row)
  return {
    id: row.id,
    user_id: row.user_id,
    service_id: row.service_id,
    ...maskedContent(stored),
    status: row.status,
    missing_secrets: missingSecrets(stored),
    last_refresh: row.last_refresh?.toISOString() ?? null,
    last_error: row.last_error,
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
