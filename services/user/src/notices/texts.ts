import { WAITING_PEOPLE_PATH } from '@munjigi/contracts/console'
import type { NoticeKind } from '@munjigi/contracts/notices'
import { escaped } from '@munjigi/server/page'

export type Language = 'ko' | 'en'

export interface Described {
  user_id: string
  username_kr: string
  username_en: string
  deptname_kr: string
  deptname_en: string
}

interface Text {
  subject: string
  paragraph: string
  link: string
}

type Wording = (name: string, department: string) => Text

const WORDINGS: Record<NoticeKind, Record<Language, Wording>> = {
  'approval-asked': {
    ko: (name, department) => ({
      subject: `[문지기] ${name} 님이 승인을 기다립니다`,
      paragraph: `${department}${name} 님이 처음 로그인하여 사용 승인을 기다리고 있습니다.`,
      link: '승인하러 가기',
    }),
    en: (name, department) => ({
      subject: `[Munjigi] ${name} waits for approval`,
      paragraph: `${name}${department} has signed in for the first time and waits for approval.`,
      link: 'Decide',
    }),
  },
  approved: {
    ko: (name) => ({
      subject: '[문지기] 사용이 승인되었습니다',
      paragraph: `${name} 님의 사용 신청이 승인되었습니다. 지금부터 이용하실 수 있습니다.`,
      link: '시작하기',
    }),
    en: (name) => ({
      subject: '[Munjigi] Your access is approved',
      paragraph: `${name}, your request for access is approved. You can begin now.`,
      link: 'Begin',
    }),
  },
  rejected: {
    ko: (name) => ({
      subject: '[문지기] 사용 신청이 반려되었습니다',
      paragraph: `${name} 님의 사용 신청이 반려되었습니다. 자세한 내용은 관리자에게 문의해 주십시오.`,
      link: '문지기로 가기',
    }),
    en: (name) => ({
      subject: '[Munjigi] Your request for access is rejected',
      paragraph: `${name}, your request for access is rejected. Please ask an administrator.`,
      link: 'To Munjigi',
    }),
  },
  'password-link-made': {
    ko: (name) => ({
      subject: '[문지기] 비밀번호 설정 링크가 발급되었습니다',
      paragraph: `관리자가 ${name} 님의 비밀번호를 설정할 수 있는 링크를 발급했습니다. 요청한 적이 없다면 즉시 다른 관리자에게 알려 주십시오.`,
      link: '문지기로 가기',
    }),
    en: (name) => ({
      subject: '[Munjigi] A link to set your password was made',
      paragraph: `${name}, an administrator made a link by which your password can be set. If you did not ask for it, tell another administrator at once.`,
      link: 'To Munjigi',
    }),
  },
  'password-changed': {
    ko: (name) => ({
      subject: '[문지기] 비밀번호가 변경되었습니다',
      paragraph: `${name} 님의 비밀번호가 변경되었습니다. 본인이 변경하지 않았다면 즉시 관리자에게 알려 주십시오.`,
      link: '문지기로 가기',
    }),
    en: (name) => ({
      subject: '[Munjigi] Your password was changed',
      paragraph: `${name}, your password was changed. If it was not you, tell an administrator at once.`,
      link: 'To Munjigi',
    }),
  },
}

/** What a recipient reads about a person, in the recipient's language; what people are called is text and never HTML. */
export function noticeContent(kind: NoticeKind, language: Language, person: Described, frontendUrl: string) {
  const { subject, paragraph, link } = WORDINGS[kind][language](
    nameOf(person, language),
    departmentOf(person, language),
  )
  const url = kind === 'approval-asked' ? `${frontendUrl}${WAITING_PEOPLE_PATH}` : `${frontendUrl}/`
  return {
    subject,
    html: `<!doctype html><html lang="${language}"><body><p>${escaped(paragraph)}</p><p><a href="${escaped(url)}">${escaped(link)}</a></p></body></html>`,
  }
}

function nameOf(person: Described, language: Language): string {
  const { username_kr, username_en, user_id } = person
  const name = language === 'ko' ? username_kr || username_en : username_en || username_kr
  return oneLine(name === '' ? user_id : `${name} (${user_id})`)
}

function departmentOf({ deptname_kr, deptname_en }: Described, language: Language): string {
  const name = oneLine(language === 'ko' ? deptname_kr || deptname_en : deptname_en || deptname_kr)
  if (name === '') return ''
  return language === 'ko' ? `${name} ` : ` of ${name}`
}

const oneLine = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim()
