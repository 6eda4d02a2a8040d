import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import type { SealedText } from '@munjigi/sealing/sealed-text'
import { profileInactive } from '../problems.ts'
import { destinations } from './destinations.ts'
import type { ExtractionRule, LoginRequest, Profile, RefreshRequest } from './profile.ts'
import type { ProfileRow } from './profile-store.ts'
import { missingSecrets, openContent } from './sealed-content.ts'
import { storedContent } from './stored-content.ts'

type Login = ProfileContent['login_config']
type Refresh = NonNullable<ProfileContent['refresh_config']>

/** A row made ready for a login, its secrets open. @throws Problem 409 `auth-profile-inactive` where one is missing */
export function openedProfile(row: ProfileRow, sealing: SealedText): Profile {
  const stored = storedContent(row)
  if (missingSecrets(stored).length > 0) throw profileInactive()
  const open = openContent(stored, row, sealing)
  const { login_config: login, refresh_config: refresh } = open
  return {
    id: row.id,
    user_id: row.user_id,
    service_id: row.service_id,
    generation: row.generation,
    status: row.status,
    requests: login.method === 'NONE' ? [] : [...(login.steps ?? []), login].map(loginRequest),
    extraction_rules: open.extraction_rules.map(extractionRule),
    injection_rules: open.injection_rules,
    refresh: refresh?.enabled ? refreshRequest(refresh, login) : undefined,
    origins: destinations(open),
    allowed_origins: open.allowed_origins,
    expired: open.expired ?? undefined,
    totp_used: row.totp_used,
    ttl: open.ttl,
    refresh_before_expire: open.refresh_before_expire,
  }
}

type Request = Pick<Login, 'headers' | 'query' | 'userinfo' | 'payload' | 'success' | 'timeout' | 'method'> & {
  url: string
  follow_redirects: boolean
}

// Marks are gone by now: what was missing has been refused, and what was set is open.
const loginRequest = ({
  url,
  method,
  headers,
  query,
  userinfo,
  payload,
  timeout,
  ...others
}: Request): LoginRequest => ({
  url,
  method,
  headers: (headers ?? {}) as LoginRequest['headers'],
  query: (query ?? {}) as LoginRequest['query'],
  userinfo: (userinfo ?? undefined) as LoginRequest['userinfo'],
  payload: (payload ?? {}) as LoginRequest['payload'],
  timeout,
  follow_redirects: others.follow_redirects,
  success: others.success,
})

/** Without a URL of its own it goes where the login goes, as the login's URL says it: with its query and userinfo. */
function refreshRequest(refresh: Refresh, login: Login): RefreshRequest {
  const { refresh_token_field, url, ...request } = refresh
  const there = url
    ? { url }
    : { url: login.url, query: { ...login.query, ...refresh.query }, userinfo: refresh.userinfo ?? login.userinfo }
  return { ...loginRequest({ ...request, ...there, follow_redirects: true } as Request), refresh_token_field }
}

const extractionRule = ({ key_path, value, ...rule }: ProfileContent['extraction_rules'][number]): ExtractionRule => ({
  ...rule,
  key_path: key_path ?? undefined,
  value: (value ?? undefined) as ExtractionRule['value'],
})
