import type { Preset } from '@munjigi/contracts/auth-profile-presets'

export const SETTINGS = {
  login_path: { default: '/login', title: { ko: '로그인 경로', en: 'path of the login' } },
  form_path: { default: '/login', title: { ko: '로그인 화면 경로', en: 'path of the page with the form' } },
  refresh_path: { default: '/refresh', title: { ko: '토큰 갱신 경로', en: 'path of the renewal' } },
  token_path: { default: '/token', title: { ko: '토큰 경로', en: 'path of the token endpoint' } },
  username_field: { default: 'username', title: { ko: '아이디 항목 이름', en: 'name of the field for the user' } },
  password_field: {
    default: 'password',
    title: { ko: '비밀번호 항목 이름', en: 'name of the field for the password' },
  },
  otp_field: { default: 'otp', title: { ko: '일회용 번호 항목 이름', en: 'name of the field for the one-time code' } },
  csrf_field: { default: '_csrf', title: { ko: 'CSRF 항목 이름', en: 'name of the hidden field against CSRF' } },
  session_cookie: { default: 'session', title: { ko: '세션 쿠키 이름', en: 'name of the session cookie' } },
  access_token_path: {
    default: 'data.access_token',
    title: { ko: '응답 속 액세스 토큰 위치', en: 'where the access token is in the answer' },
  },
  refresh_token_path: {
    default: 'data.refresh_token',
    title: { ko: '응답 속 리프레시 토큰 위치', en: 'where the refresh token is in the answer' },
  },
  token_answer_path: { default: 'token', title: { ko: '응답 속 토큰 위치', en: 'where the token is in the answer' } },
  key_header: { default: 'X-API-Key', title: { ko: '키 헤더 이름', en: 'name of the header for the key' } },
  key_parameter: {
    default: 'api_key',
    title: { ko: '키 매개변수 이름', en: 'name of the query parameter for the key' },
  },
} as const satisfies Record<string, Omit<Preset['settings'][number], 'name'>>

const MARK = /<([a-z_]+)>/g

/** Names that a content is to be adapted by, `base_url` and its path `base_path` among them. */
export const settingNames = (content: object): Set<string> =>
  new Set([...JSON.stringify(content).matchAll(MARK)].flatMap(([, name]) => name ?? []))

/** A copy with `<name>` replaced in texts and in names of members, in one pass. */
export function adapted(value: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return value.replaceAll(MARK, (mark, name: string) => values.get(name) ?? mark)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => adapted(item, values))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [String(adapted(name, values)), adapted(item, values)]),
  )
}
