import type { AuthProfile, NewAuthProfile } from '@munjigi/contracts/auth-profiles'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import type { FrontDoor } from './front-door.ts'

const PROFILES = '/api/session-station/v1/auth-profiles'
const { username, password } = CREDENTIALS
const JSON_TYPE = { 'content-type': 'application/json' }

/** Two ways of logging in at the outside service: tokens that are renewed, and a form bound to its page by a hidden value. */
const demos = (outside: string): Omit<NewAuthProfile, 'ttl' | 'refresh_before_expire'>[] => [
  {
    service_id: 'demo-bearer',
    name: '예시: 토큰 로그인',
    auth_type: 'bearer',
    login_config: {
      url: `${outside}/bearer/login`,
      method: 'POST',
      payload: { username, password },
      timeout: 10,
      follow_redirects: false,
    },
    extraction_rules: [
      { name: 'access_token', source: 'body', key_path: 'data.access_token' },
      { name: 'refresh_token', source: 'body', key_path: 'data.refresh_token' },
      { name: 'expires_in', source: 'body', key_path: 'expires_in' },
    ],
    injection_rules: [
      {
        source_field: 'access_token',
        target: 'header',
        key: 'Authorization',
        value_template: 'Bearer {access_token}',
        required: true,
      },
    ],
    refresh_config: {
      enabled: true,
      refresh_token_field: 'refresh_token',
      url: `${outside}/bearer/refresh`,
      method: 'POST',
      headers: JSON_TYPE,
      payload: { refresh_token: '{refresh_token}' },
      timeout: 10,
    },
  },
  {
    service_id: 'demo-form',
    name: '예시: 로그인 폼',
    auth_type: 'form',
    login_config: {
      steps: [{ url: `${outside}/form/login`, method: 'GET', timeout: 10, follow_redirects: false }],
      url: `${outside}/form/login`,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: { _csrf: '{csrf}', username, password },
      timeout: 10,
      follow_redirects: false,
      success: { status: [302] },
    },
    extraction_rules: [
      { name: 'csrf', source: 'html', key_path: 'input[name=_csrf]', step: 0 },
      { name: 'session', source: 'cookie', key_path: 'form_session' },
    ],
    injection_rules: [
      { source_field: 'session', target: 'cookie', key: 'form_session', value_template: '{session}', required: true },
    ],
  },
]

/** Writes them for somebody who has none yet, or whose house has moved its outside service. */
export async function writeDemoProfiles(door: FrontDoor, token: string, outside: string): Promise<void> {
  const kept = await door.call<AuthProfile[]>('GET', PROFILES, token)
  for (const { service_id, ...content } of demos(outside)) {
    const known = kept.find((profile) => profile.service_id === service_id)
    if (known === undefined) await door.call('POST', PROFILES, token, { service_id, ...content })
    else if (new URL(known.login_config.url).origin !== outside)
      await door.call('PUT', `${PROFILES}/${service_id}`, token, {
        ...content,
        allowed_origins: [outside],
        status: 'active',
      })
  }
}
