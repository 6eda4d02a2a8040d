import { createHmac } from 'node:crypto'
import { isSameText } from '@munjigi/sealing/same-text'
import type { Language, Page } from '@munjigi/server/page'
import type { Link } from '../links/lit.ts'

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu
const STACKED_MARKS = /(\p{M}{3})\p{M}+/gu

const texts = {
  ko: {
    title: '메신저 계정이 회원님의 이름으로 행동하게 됩니다',
    meaning:
      '계속해서 로그인하면 이 링크를 요청한 메신저 계정이 지금 로그인하는 사람의 이름으로 서비스를 이용합니다. 그 계정은 다른 사람의 것일 수 있습니다.',
    account: '메신저 계정',
    time: '요청 시각',
    warning: '링크를 직접 요청하지 않았거나 다른 사람에게서 받았다면 이 창을 닫아 주세요.',
    label: '내가 요청했습니다. 계속하기',
  },
  en: {
    title: 'A messenger account will act as you',
    meaning:
      "If you go on and sign in, the messenger account that asked for this link, perhaps somebody else's, will act as you.",
    account: 'Messenger account',
    time: 'Asked for',
    warning: 'If you did not ask for this link yourself, or somebody sent it to you, close this page.',
    label: 'I asked for it. Go on',
  },
}

interface Confirmation {
  link: Link
  lit: string
  /** Of this browser. */
  secret: string
  /** Where the form is sent. */
  action: string
  /** The origin of the IdP's sign-in page: Chromium holds the redirect after a form to `form-action` too. */
  idpOrigin: string
}

/** What stands between a link, which anybody may have sent, and the sign-in. */
export function confirmPage(
  { link, lit, secret, action, idpOrigin }: Confirmation,
  language: Language,
): Omit<Page, 'status' | 'language'> {
  const text = texts[language]
  const name = link.display_name && harmless(link.display_name)
  return {
    title: text.title,
    paragraphs: [
      text.meaning,
      ...(name ? [`${text.account}: “${name}”`] : []),
      `${text.time}: ${timeOf(link.iat, language)}`,
      text.warning,
    ],
    action: { label: text.label, post: action, fields: { token: formToken(secret, lit) } },
    formTargets: ["'self'", idpOrigin],
  }
}

/** What only this browser's page can send back for this link. */
const formToken = (secret: string, lit: string) => createHmac('sha256', secret).update(lit).digest('base64url')

export const isFormToken = (token: string, secret: string, lit: string): boolean =>
  isSameText(token, formToken(secret, lit))

/** A name chosen by somebody else cannot reorder, hide or overrun the words around it. */
function harmless(name: string): string {
  const shown = name
    .normalize('NFC')
    .replace(IGNORABLE, '')
    .replace(UNPRINTABLE, '\ufffd')
    .replace(STACKED_MARKS, '$1')
    .trim()
  return shown && `\u2068${shown}\u2069`
}

const timeOf = (seconds: number, language: Language): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'long', timeZone: 'Asia/Seoul' }).format(
    seconds * 1000,
  )
