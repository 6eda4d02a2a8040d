const TEXTS = {
  ko: {
    title: '로그인',
    username: '아이디 또는 이메일',
    password: '비밀번호',
    submit: '로그인',
    wrongPassword: '아이디 또는 비밀번호가 올바르지 않습니다.',
    development: '개발용 로그인 서버입니다.',
    loginExpired: '로그인 요청이 만료되었습니다. 처음 화면으로 돌아가 다시 로그인하세요.',
    signedOut: '로그아웃되었습니다. 이 창을 닫아도 됩니다.',
    invalidHint: '로그아웃 요청이 올바르지 않습니다. 처음 화면으로 돌아가 다시 시도하세요.',
    invalidRedirect: '로그아웃 뒤에 돌아갈 주소가 등록되어 있지 않습니다.',
    confirmLogout: '로그아웃하시겠습니까?',
    logout: '로그아웃',
    requestRefused: '로그인 요청이 올바르지 않습니다. 서비스 담당자에게 알려 주세요.',
  },
  en: {
    title: 'Sign in',
    username: 'User name or e-mail',
    password: 'Password',
    submit: 'Sign in',
    wrongPassword: 'That user name or password is not right.',
    development: 'This sign-in server is for development.',
    loginExpired: 'This sign-in has expired. Go back to where you started and sign in again.',
    signedOut: 'You are signed out. You may close this window.',
    invalidHint: 'This sign-out request is not valid. Go back to where you started and try again.',
    invalidRedirect: 'The address to return to after sign-out is not registered.',
    confirmLogout: 'Do you want to sign out?',
    logout: 'Sign out',
    requestRefused: 'This sign-in request is not valid. Please tell those who run the service.',
  },
}

export type Locale = keyof typeof TEXTS
type Text = keyof (typeof TEXTS)['en']

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center}
main{width:min(22rem,calc(100vw - 3rem))}
h1{font-size:1.4rem;margin:0 0 1.2rem}
label{display:block;margin:.8rem 0 .2rem}
input{box-sizing:border-box;width:100%;padding:.6rem;font:inherit;border:1px solid #8888;border-radius:.4rem}
button{margin-top:1.4rem;width:100%;padding:.7rem;font:inherit;font-weight:600;border:0;border-radius:.4rem;color:#fff;background:#1f5fbf}
[role=alert]{color:#c62828}
small{display:block;margin-top:1.4rem;opacity:.7}`

/** Headers of every page: nothing may frame it, nothing foreign runs in it. */
export const htmlHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The first language of the list, `ui_locales` or `Accept-Language`, that there are texts in. */
export function pickLocale(wanted: string, fallback: string): Locale {
  const names = [...wanted.split(/[\s,]+/), fallback].map((name) => name.slice(0, 2).toLowerCase())
  return (names.find((name) => name in TEXTS) as Locale | undefined) ?? 'en'
}

/** A page of one sentence. */
export const page = (locale: Locale, text: Text): string => shell(locale, `<p>${TEXTS[locale][text]}</p>`)

/** Asks whether to sign out; `fields` come back with the answer. */
export function logoutPage(locale: Locale, fields: Record<string, string>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`,
  )
  const button = `<button type="submit">${TEXTS[locale].logout}</button>`
  return shell(
    locale,
    `<p>${TEXTS[locale].confirmLogout}</p><form id="kc-logout" method="post">${inputs.join('')}${button}</form>`,
  )
}

/** The sign-in form with Keycloak's ids and field names, so that whatever fills in one fills in the other. */
export function loginPage(locale: Locale, action: string, failedUsername?: string): string {
  const text = TEXTS[locale]
  const alert = failedUsername === undefined ? '' : `<p role="alert">${text.wrongPassword}</p>`
  return shell(
    locale,
    `<h1>${text.title}</h1>${alert}
<form id="kc-form-login" action="${escapeHtml(action)}" method="post">
<label for="username">${text.username}</label>
<input id="username" name="username" value="${escapeHtml(failedUsername ?? '')}" autocomplete="username" autofocus required>
<label for="password">${text.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<input type="hidden" name="credentialId" value="">
<button id="kc-login" type="submit">${text.submit}</button>
</form>
<small>${text.development}</small>`,
  )
}

const shell = (locale: Locale, content: string): string => `<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${TEXTS[locale].title}</title><style>${STYLE}</style></head><body><main>${content}</main></body></html>`

const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
