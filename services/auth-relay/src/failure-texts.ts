import type { Problem } from '@munjigi/problem'
import type { Language } from '@munjigi/server/page'

type Text = readonly [title: string, advice: string]
type Failure = Record<Language, Text>

const newLink: Failure = {
  ko: ['로그인 링크를 쓸 수 없습니다', '메신저에서 로그인 링크를 새로 받아 주세요.'],
  en: ['This login link does not work', 'Ask for a new login link in the chat.'],
}
const again: Failure = {
  ko: ['지금은 로그인할 수 없습니다', '잠시 뒤 로그인 링크를 다시 열어 주세요.'],
  en: ['Signing in does not work right now', 'Open the login link again in a moment.'],
}
const unexpected: Failure = {
  ko: ['로그인하지 못했습니다', '로그인 링크를 다시 열어 주세요. 계속되면 아래 코드와 번호를 관리자에게 알려 주세요.'],
  en: [
    'Sign-in did not work',
    'Open the login link again. If it stays, tell an administrator the code and number below.',
  ],
}
const chatbotFailed: Failure = {
  ko: ['챗봇에 로그인을 전달하지 못했습니다', '이번 로그인은 취소되었습니다. 잠시 뒤 로그인 링크를 다시 열어 주세요.'],
  en: ['The chatbot did not take your login', 'This login was undone. Open the login link again in a moment.'],
}

const failures = new Map<string, Failure>(
  Object.entries({
    'unknown-client-key': newLink,
    'callback-url-not-allowed': newLink,
    'redirect-after-not-allowed': newLink,
    'missing-required-claims': newLink,
    'too-many-logins': newLink,
    'invalid-or-expired-link': {
      ko: ['만료되었거나 이미 사용한 로그인 링크입니다', '메신저에서 로그인 링크를 새로 받아 주세요.'],
      en: ['This login link has expired or was used before', 'Ask for a new login link in the chat.'],
    },
    'invalid-or-expired-state': {
      ko: ['로그인 요청이 만료되었거나 이미 끝났습니다', '로그인 링크를 다시 열어 주세요.'],
      en: ['This login has expired or was finished before', 'Open the login link again.'],
    },
    'other-browser': {
      ko: ['다른 브라우저에서 시작한 로그인입니다', '쿠키를 허용한 뒤 이 브라우저에서 로그인 링크를 다시 열어 주세요.'],
      en: ['This login began in another browser', 'Allow cookies and open the login link again in this browser.'],
    },
    'login-refused': {
      ko: ['로그인이 취소되었거나 거절되었습니다', '로그인 링크를 다시 열거나 로그인 서비스 관리자에게 문의해 주세요.'],
      en: [
        'The sign-in was cancelled or refused',
        'Open the login link again, or ask the administrators of the sign-in service.',
      ],
    },
    'clocks-differ': {
      ko: [
        '서버들의 시계가 서로 맞지 않아 로그인하지 못했습니다',
        '아래 코드와 번호를 관리자에게 알려 주세요. 시계를 맞추면 다시 로그인할 수 있습니다.',
      ],
      en: [
        'Sign-in did not work: the clocks of our servers differ',
        'Tell an administrator the code and number below. Once the clocks are set, signing in works again.',
      ],
    },
    'provider-unavailable': again,
    unavailable: again,
    'callback-timeout': chatbotFailed,
    'callback-invalid-status': chatbotFailed,
    'callback-request-error': chatbotFailed,
  } satisfies Record<string, Failure>),
)

const offlineFailures: Record<string, Failure> = {
  client: {
    ko: ['이 챗봇은 로그인을 오래 유지할 수 없습니다', '챗봇 관리자에게 아래 코드를 알려 주세요. (client)'],
    en: ['This chatbot may not keep logins', 'Tell the administrators of the chatbot the code below. (client)'],
  },
  person: {
    ko: [
      '이 계정은 챗봇에서 로그인을 유지할 수 없습니다',
      '로그인 서비스 관리자에게 오프라인 접근 권한을 요청해 주세요. (person)',
    ],
    en: [
      'Your account may not stay signed in at a chatbot',
      'Ask the administrators of the sign-in service for offline access. (person)',
    ],
  },
  scope: {
    ko: ['로그인을 유지할 권한을 받지 못했습니다', '챗봇 관리자에게 아래 코드를 알려 주세요. (scope)'],
    en: ['The login cannot be kept', 'Tell the administrators of the chatbot the code below. (scope)'],
  },
}

const codeLabel = { ko: '오류 코드', en: 'Code' }

/** What a person reads of a failure: what happened, what to do, and the code that callers read. */
export function failureText(
  { type, extensions }: Problem,
  language: Language,
): { title: string; paragraphs: string[] } {
  const failure = offlineFailures[String(extensions.reason)] ?? failures.get(type) ?? unexpected
  const [title, advice] = failure[language]
  return { title, paragraphs: [advice, `${codeLabel[language]}: ${extensions.error ?? type.replaceAll('-', '_')}`] }
}
