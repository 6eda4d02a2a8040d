import assert from 'node:assert/strict'
import { test } from 'node:test'
import { understand } from './utterances.ts'

const said: [text: string, kind: string][] = [
  ['로그인', 'login'],
  ['로그아웃', 'logout'],
  ['내 정보', 'profile'],
  ['오늘 메뉴', 'menus'],
  ['메뉴 알림 켜기', 'subscribe'],
  ['메뉴 알림 끄기', 'unsubscribe'],
  ['메뉴 등록', 'new-menu'],
]

for (const [text, kind] of said)
  test(`${text} is understood however it is spaced and composed`, () => {
    const spellings = [
      text,
      `  ${text}\n`,
      text.normalize('NFD'),
      text.replaceAll(' ', ''),
      text.replaceAll(' ', '\u3000\t '),
      `\u200b${text}\ufeff`,
      text.normalize('NFD').split('').join('\u200b'),
      `\u202e\u2060${text}\u3164\ufe0f\u034f`,
    ]
    for (const spelling of spellings) assert.equal(understand(spelling).kind, kind, JSON.stringify(spelling))
  })

test('what else is said asks for help', () => {
  for (const text of ['', ' ', '안녕', '로그', '오늘 메뉴 뭐야', '메뉴등록부', '메뉴 알림', '__proto__', 'constructor'])
    assert.deepEqual(understand(text), { kind: 'help' }, text)
})

test('a dish of invisible characters is no dish', () => {
  assert.deepEqual(understand('메뉴 등록 식당 점심 \u3164\u115f'), { kind: 'new-menu', words: '식당 점심' })
})

test('what follows 메뉴 등록 is kept, composed and with single spaces', () => {
  const words = '학생 식당  점심\n김치찌개,  밥'.normalize('NFD')

  assert.deepEqual(understand(`메뉴등록 ${words}`), { kind: 'new-menu', words: '학생 식당 점심 김치찌개, 밥' })
  assert.deepEqual(understand('메뉴 등록  '), { kind: 'new-menu', words: '' })
})
