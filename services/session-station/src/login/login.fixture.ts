import { startDevTarget } from '@munjigi/dev-target/dev-target'
import { parseAllowed } from '../egress/allowed-ranges.ts'
import { createEgress } from '../egress/create-egress.ts'
import type { ExtractionRule, LoginRequest, Profile, RefreshRequest } from '../profiles/profile.ts'

/** A request with the defaults of a saved one. */
export const loginRequest = (given: Partial<LoginRequest> & { url: string }): LoginRequest => ({
  method: 'POST',
  headers: {},
  query: {},
  userinfo: undefined,
  payload: {},
  timeout: 30,
  follow_redirects: true,
  success: undefined,
  ...given,
})

export const refreshRequest = (given: Partial<RefreshRequest> & { url: string }): RefreshRequest => ({
  ...loginRequest(given),
  refresh_token_field: 'refresh_token',
  ...given,
})

export const rule = (given: Partial<ExtractionRule> & Pick<ExtractionRule, 'name' | 'source'>): ExtractionRule => ({
  key_path: undefined,
  value: undefined,
  ...given,
})

/** An opened profile that asks `requests`; its secrets go to their origins. */
export function openProfile(requests: LoginRequest[], given: Partial<Profile> = {}): Profile {
  const origins = [...new Set(requests.map(({ url }) => new URL(url.replaceAll(/[{}]/g, '')).origin))]
  return {
    id: 1,
    user_id: 'kim',
    service_id: 'target',
    generation: 1,
    status: 'active',
    requests,
    extraction_rules: [],
    injection_rules: [],
    refresh: undefined,
    origins,
    allowed_origins: origins.slice(0, 1),
    expired: undefined,
    totp_used: {},
    ttl: 3600,
    refresh_before_expire: 300,
    ...given,
  }
}

/** The house's outside service, and a way out to it. */
export async function outsideService() {
  const target = await startDevTarget()
  const egress = createEgress({ allow: parseAllowed(new URL(target.url).host) })
  return {
    target,
    egress,
    async close() {
      await egress.close()
      await target.close()
    },
  }
}
