import type { NewAuthProfile } from '@munjigi/contracts/auth-profiles'

/** What the outside service takes for a login. */
export const LOGIN_MS = 500

/** A bearer login at the outside service of the bench. */
export const bearerProfile = (service_id: string, outside: string): NewAuthProfile => ({
  service_id,
  name: 'bench',
  auth_type: 'bearer',
  login_config: {
    url: `${outside}/login`,
    method: 'POST',
    payload: { username: 'bench', password: 'bench-password-0123456789' },
    timeout: 30,
    follow_redirects: true,
  },
  extraction_rules: [{ name: 'access_token', source: 'body', key_path: 'access_token' }],
  injection_rules: [
    {
      source_field: 'access_token',
      target: 'header',
      key: 'Authorization',
      value_template: 'Bearer {access_token}',
      required: true,
    },
  ],
  ttl: 3600,
  refresh_before_expire: 300,
})
