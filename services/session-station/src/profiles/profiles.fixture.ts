import { bearerRule } from '../injection/bearer-rule.fixture.ts'

/** A profile as somebody would send it: a JSON login whose token goes into Authorization. */
export const newProfile = (service_id: string, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  service_id,
  name: 'Tickets',
  auth_type: 'bearer',
  login_config: { url: 'https://login.example.com/sessions', payload: { username: 'kim', password: 'p-4711' } },
  extraction_rules: [{ name: 'access_token', source: 'body', key_path: 'data.token' }],
  injection_rules: [bearerRule('access_token')],
  ...changes,
})
