import type { NewAuthProfile } from '@munjigi/contracts/auth-profiles'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import type { Kind } from '@munjigi/dev-target/kind'

type Content = Partial<Omit<NewAuthProfile, 'login_config'>> & {
  login_config: Partial<NewAuthProfile['login_config']> & { url: string }
}

const { username, password, clientId, clientSecret, apiKey, totpSecret } = CREDENTIALS
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const ASKED_NOBODY = { method: 'NONE' } as const

const injected = (
  source_field: string,
  target: 'header' | 'cookie' | 'query',
  key: string,
  value_template = `{${source_field}}`,
) => ({ source_field, target, key, value_template, required: true })
const bearer = (field: string) => injected(field, 'header', 'Authorization', `Bearer {${field}}`)

/** A profile for each way of logging in at the outside service, its id the kind's name. */
export function outsideProfiles(outside: string): Record<Kind, object> {
  const at = (kind: Kind, content: Content) => ({
    service_id: kind,
    name: kind,
    auth_type: kind,
    extraction_rules: [],
    injection_rules: [],
    ...content,
  })
  return {
    bearer: at('bearer', {
      login_config: { url: `${outside}/bearer/login`, payload: { username, password } },
      extraction_rules: [
        { name: 'access_token', source: 'body', key_path: 'data.access_token' },
        { name: 'refresh_token', source: 'body', key_path: 'data.refresh_token' },
      ],
      injection_rules: [bearer('access_token')],
      refresh_config: {
        enabled: true,
        refresh_token_field: 'refresh_token',
        method: 'POST',
        url: `${outside}/bearer/refresh`,
        timeout: 10,
      },
    }),
    cookie: at('cookie', {
      login_config: { url: `${outside}/cookie/login`, payload: { username, password } },
      extraction_rules: [{ name: 'session', source: 'cookie', key_path: 'session' }],
      injection_rules: [injected('session', 'cookie', 'session')],
    }),
    form: at('form', {
      login_config: {
        steps: [{ url: `${outside}/form/login`, method: 'GET', timeout: 10, follow_redirects: true }],
        url: `${outside}/form/login`,
        headers: FORM,
        payload: { _csrf: '{csrf}', username, password },
        follow_redirects: false,
        success: { status: [302] },
      },
      extraction_rules: [
        { name: 'csrf', source: 'html', key_path: 'input[name=_csrf]', step: 0 },
        { name: 'session', source: 'cookie', key_path: 'form_session' },
      ],
      injection_rules: [injected('session', 'cookie', 'form_session')],
    }),
    oauth: at('oauth', {
      login_config: {
        url: `${outside}/oauth/token`,
        headers: FORM,
        payload: { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret },
      },
      extraction_rules: [{ name: 'access_token', source: 'body', key_path: 'access_token' }],
      injection_rules: [bearer('access_token')],
    }),
    'api-key': at('api-key', {
      login_config: { url: outside, ...ASKED_NOBODY },
      extraction_rules: [{ name: 'key', source: 'fixed', value: apiKey }],
      injection_rules: [injected('key', 'header', 'X-API-Key')],
    }),
    'api-key-query': at('api-key-query', {
      login_config: { url: outside, ...ASKED_NOBODY },
      extraction_rules: [{ name: 'key', source: 'fixed', value: apiKey }],
      injection_rules: [injected('key', 'query', 'api_key')],
    }),
    basic: at('basic', {
      login_config: { url: outside, ...ASKED_NOBODY },
      extraction_rules: [{ name: 'both', source: 'basic', value: `${username}:${password}` }],
      injection_rules: [injected('both', 'header', 'Authorization', 'Basic {both}')],
    }),
    totp: at('totp', {
      login_config: { url: `${outside}/totp/login`, payload: { username, password, otp: '{otp}' } },
      extraction_rules: [
        { name: 'otp', source: 'totp', value: totpSecret },
        { name: 'token', source: 'body', key_path: 'token' },
      ],
      injection_rules: [bearer('token')],
    }),
  }
}
