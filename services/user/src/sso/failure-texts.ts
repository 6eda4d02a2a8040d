type Text = readonly [title: string, advice: string]

interface Failure {
  ko: Text
  en: Text
}

const unexpected: Failure = {
  ko: ['로그인하지 못했습니다', '잠시 뒤 다시 시도해 주세요. 계속되면 아래 번호를 관리자에게 알려 주세요.'],
  en: ['Sign-in did not work', 'Try again in a moment. If it stays, tell an administrator the number below.'],
}

const unavailable: Failure = {
  ko: ['로그인 서비스가 응답하지 않습니다', '잠시 뒤 다시 시도해 주세요.'],
  en: ['The sign-in service does not answer', 'Try again in a moment.'],
}

const failures = new Map<string, Failure>(
  Object.entries({
    'sso-login-expired': {
      ko: [
        '로그인 요청이 끝났거나 만료되었습니다',
        '로그인은 10분 안에 한 번만 마칠 수 있습니다. 다시 로그인해 주세요.',
      ],
      en: [
        'This sign-in has expired or was finished before',
        'A sign-in lasts 10 minutes and ends once. Sign in again.',
      ],
    },
    'sso-other-browser': {
      ko: ['다른 브라우저에서 시작한 로그인입니다', '쿠키를 허용한 뒤 이 브라우저에서 다시 로그인해 주세요.'],
      en: ['This sign-in began in another browser', 'Allow cookies and sign in again in this browser.'],
    },
    'sso-refused': {
      ko: ['로그인 서비스가 로그인을 거절했습니다', '다시 로그인하거나 로그인 서비스 관리자에게 문의해 주세요.'],
      en: [
        'The sign-in service did not let you in',
        'Sign in again, or ask the administrators of the sign-in service.',
      ],
    },
    'sso-answer-invalid': {
      ko: ['로그인 결과를 확인하지 못했습니다', '다시 로그인해 주세요. 계속되면 아래 번호를 관리자에게 알려 주세요.'],
      en: [
        'The result of the sign-in could not be verified',
        'Sign in again. If it stays, tell an administrator the number below.',
      ],
    },
    'login-id-missing': {
      ko: ['로그인 서비스가 사번을 알려 주지 않았습니다', '아래 번호와 함께 관리자에게 문의해 주세요.'],
      en: ['The sign-in service did not say who you are', 'Tell an administrator the number below.'],
    },
    'login-id-taken': {
      ko: ['이 아이디는 다른 계정에 연결되어 있습니다', '관리자에게 계정을 다시 연결해 달라고 요청해 주세요.'],
      en: ['This login id belongs to another account', 'Ask an administrator to bind the account to you.'],
    },
    'account-disabled': {
      ko: ['사용이 중지된 계정입니다', '관리자에게 문의해 주세요.'],
      en: ['This account is disabled', 'Ask an administrator to enable it.'],
    },
    'account-rejected': {
      ko: ['사용 신청이 거절되었습니다', '관리자에게 문의해 주세요.'],
      en: ['Your request for access was rejected', 'Ask an administrator.'],
    },
    'tenant-suspended': {
      ko: ['소속 조직의 사용이 중지되었습니다', '관리자에게 문의해 주세요.'],
      en: ['Your organisation is suspended', 'Ask an administrator.'],
    },
    'sso-unavailable': unavailable,
    'clocks-differ': unavailable,
    unavailable: unavailable,
  } satisfies Record<string, Failure>),
)

/** What a person reads of a failure: what happened, and what to do. */
export function failureText(type: string, language: 'ko' | 'en'): { title: string; paragraphs: string[] } {
  const [title, advice] = (failures.get(type) ?? unexpected)[language]
  return { title, paragraphs: [advice] }
}
