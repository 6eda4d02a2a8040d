export type Utterance =
  | { kind: 'login' | 'logout' | 'profile' | 'menus' | 'subscribe' | 'unsubscribe' }
  | { kind: 'help' }
  | { kind: 'new-menu'; words: string }

const SPOKEN = new Map<string, Exclude<Utterance, { words: string }>['kind']>([
  ['로그인', 'login'],
  ['로그아웃', 'logout'],
  ['내정보', 'profile'],
  ['오늘메뉴', 'menus'],
  ['메뉴알림켜기', 'subscribe'],
  ['메뉴알림끄기', 'unsubscribe'],
])
// Between two letters they would keep them from being composed.
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
const NEW_MENU = /^메뉴 ?등록(?: (.*))?$/u

/** What somebody wants: however it is spaced, and whether its syllables are composed (NFC) or not (NFD, as a Mac writes them). */
export function understand(text: string): Utterance {
  const words = plain(text)
  const kind = SPOKEN.get(words.replaceAll(' ', ''))
  if (kind !== undefined) return { kind }
  const menu = NEW_MENU.exec(words)
  return menu ? { kind: 'new-menu', words: menu[1] ?? '' } : { kind: 'help' }
}

/** Composed, without invisible characters, single spaces between words. */
export const plain = (text: string): string =>
  text.replaceAll(INVISIBLE, '').normalize('NFC').replaceAll(/\s+/gu, ' ').trim()
