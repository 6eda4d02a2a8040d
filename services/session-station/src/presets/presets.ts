import type { Preset } from '@munjigi/contracts/auth-profile-presets'
import { slotsOf } from '../templates/slots.ts'
import { SETTINGS, settingNames } from './preset-settings.ts'

type Content = Preset['content']
type Login = Content['login_config']
type Rule = Content['extraction_rules'][number]

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }
const CREDENTIALS = { '<username_field>': { $slot: 'username' }, '<password_field>': { $slot: 'password' } }
const CLIENT = { client_id: { $slot: 'client_id' }, client_secret: { $slot: 'client_secret' } }

const inBody = (name: string, key_path: string): Rule => ({ name, source: 'body', key_path })
const sessionCookie: Rule = { name: 'session', source: 'cookie', key_path: '<session_cookie>' }
// RFC 6749 §5.1.
const OAUTH_ANSWER = ['access_token', 'expires_in'].map((name) => inBody(name, name))

const injected = (
  source_field: string,
  target: 'header' | 'cookie' | 'query',
  key: string,
  value_template: string,
) => ({
  source_field,
  target,
  key,
  value_template,
  required: true,
})
const bearer = (field: string) => injected(field, 'header', 'Authorization', `Bearer {${field}}`)
const session = injected('session', 'cookie', '<session_cookie>', '{session}')

const post = (path: string, rest: Login): Login => ({ url: `<base_url>${path}`, method: 'POST', ...rest })
const NOBODY = { url: '<base_url>', method: 'NONE' }

interface Described extends Partial<Content> {
  ko: string
  en: string
  auth_type: string
  login_config: Login
  injection_rules: Content['injection_rules']
}

function preset(preset_id: string, { ko, en, ...described }: Described): Preset {
  const content: Content = {
    extraction_rules: [],
    refresh_config: null,
    expired: null,
    ttl: 3600,
    refresh_before_expire: 300,
    ...described,
  }
  const names = settingNames(content)
  const settings = Object.entries(SETTINGS).map(([name, setting]) => ({ name, ...setting }))
  return {
    preset_id,
    title: { ko, en },
    settings: settings.filter(({ name }) => names.has(name)),
    slots: slotsOf({ name: '', description: null, allowed_origins: [], ...content }),
    content,
  }
}

/** Kinds of login that outside services have. */
export const PRESETS: readonly Preset[] = [
  preset('bearer-json', {
    ko: '아이디·비밀번호로 토큰 받기 (JSON)',
    en: 'Name and password as JSON for a bearer token',
    auth_type: 'bearer',
    login_config: post('<login_path>', { payload: CREDENTIALS }),
    extraction_rules: [
      inBody('access_token', '<access_token_path>'),
      inBody('refresh_token', '<refresh_token_path>'),
      inBody('expires_in', 'expires_in'),
    ],
    injection_rules: [bearer('access_token')],
    refresh_config: { enabled: true, url: '<base_url><refresh_path>' },
  }),
  preset('cookie-session', {
    ko: '아이디·비밀번호로 세션 쿠키 받기 (JSON)',
    en: 'Name and password as JSON for a session cookie',
    auth_type: 'cookie',
    login_config: post('<login_path>', { payload: CREDENTIALS }),
    extraction_rules: [sessionCookie],
    injection_rules: [session],
  }),
  preset('form-csrf', {
    ko: '로그인 화면의 양식 (CSRF 값 포함)',
    en: 'The form of a login page, with its value against CSRF',
    auth_type: 'form',
    login_config: post('<login_path>', {
      headers: FORM,
      payload: { ...CREDENTIALS, '<csrf_field>': { $template: '{csrf}' } },
      // A wrong password is answered by the same page again, with status 200.
      follow_redirects: false,
      success: { status: [302, 303] },
      steps: [{ url: '<base_url><form_path>', method: 'GET', headers: { Accept: 'text/html' } }],
    }),
    extraction_rules: [
      { name: 'csrf', source: 'html', key_path: 'input[name="<csrf_field>"]', step: 0 },
      sessionCookie,
    ],
    injection_rules: [session],
    expired: { status: [302, 303], location: '<base_path><form_path>' },
  }),
  preset('oauth2-client-credentials', {
    ko: 'OAuth2 클라이언트 자격 증명',
    en: 'OAuth2 client credentials (RFC 6749 §4.4)',
    auth_type: 'oauth2',
    login_config: post('<token_path>', { headers: FORM, payload: { grant_type: 'client_credentials', ...CLIENT } }),
    extraction_rules: OAUTH_ANSWER,
    injection_rules: [bearer('access_token')],
  }),
  preset('oauth2-password', {
    ko: 'OAuth2 비밀번호와 리프레시 토큰',
    en: 'OAuth2 password and refresh token (RFC 6749 §4.3, §6)',
    auth_type: 'oauth2',
    login_config: post('<token_path>', {
      headers: FORM,
      payload: { grant_type: 'password', username: { $slot: 'username' }, password: { $slot: 'password' }, ...CLIENT },
    }),
    extraction_rules: [...OAUTH_ANSWER, inBody('refresh_token', 'refresh_token')],
    injection_rules: [bearer('access_token')],
    refresh_config: { enabled: true, headers: FORM, payload: { grant_type: 'refresh_token', ...CLIENT } },
  }),
  preset('api-key-header', {
    ko: 'API 키 (헤더)',
    en: 'API key in a header',
    auth_type: 'api_key',
    login_config: NOBODY,
    extraction_rules: [{ name: 'api_key', source: 'fixed', value: { $slot: 'api_key' } }],
    injection_rules: [injected('api_key', 'header', '<key_header>', '{api_key}')],
  }),
  preset('api-key-query', {
    ko: 'API 키 (주소의 매개변수)',
    en: 'API key in the query',
    auth_type: 'api_key',
    login_config: NOBODY,
    extraction_rules: [{ name: 'api_key', source: 'fixed', value: { $slot: 'api_key' } }],
    injection_rules: [injected('api_key', 'query', '<key_parameter>', '{api_key}')],
  }),
  preset('basic', {
    ko: 'Basic 인증 (아이디:비밀번호)',
    en: 'Basic authentication (user:password)',
    auth_type: 'basic',
    login_config: NOBODY,
    extraction_rules: [{ name: 'credentials', source: 'basic', value: { $slot: 'credentials' } }],
    injection_rules: [injected('credentials', 'header', 'Authorization', 'Basic {credentials}')],
  }),
  preset('totp', {
    ko: '아이디·비밀번호와 일회용 번호 (TOTP)',
    en: 'Name, password and one-time code (TOTP)',
    auth_type: 'totp',
    login_config: post('<login_path>', { payload: { ...CREDENTIALS, '<otp_field>': { $template: '{otp}' } } }),
    extraction_rules: [
      { name: 'otp', source: 'totp', value: { $slot: 'totp_secret' } },
      inBody('token', '<token_answer_path>'),
      inBody('expires_in', 'expires_in'),
    ],
    injection_rules: [bearer('token')],
  }),
]
