import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readNewMenu } from './new-menu.ts'

const menu = (restaurant: string, meal: string, dishes: string[], price: number | null) => ({
  restaurant,
  meal,
  dishes,
  price,
})

const written: [words: string, read: ReturnType<typeof menu>][] = [
  ['학생식당 점심 김치찌개, 밥, 김 6500원', menu('학생식당', 'lunch', ['김치찌개', '밥', '김'], 6500)],
  ['학생식당 점심 김치찌개,밥 6,500원', menu('학생식당', 'lunch', ['김치찌개', '밥'], 6500)],
  ['학생식당 점심 김치찌개, 밥, 6500 원', menu('학생식당', 'lunch', ['김치찌개', '밥'], 6500)],
  ['제2 학생 식당 아침 토스트', menu('제2 학생 식당', 'breakfast', ['토스트'], null)],
  ['학생식당 저녁 비빔밥， 국、', menu('학생식당', 'dinner', ['비빔밥', '국'], null)],
  ['점심 식당 저녁 밥', menu('점심 식당', 'dinner', ['밥'], null)],
  ['식당 점심 밥 0원', menu('식당', 'lunch', ['밥'], 0)],
  ['식당 점심 천원 김밥', menu('식당', 'lunch', ['천원 김밥'], null)],
]

for (const [words, read] of written)
  test(`"${words}" is read as a menu`, () => {
    assert.deepEqual(readNewMenu(words), read)
  })

test('what names no restaurant, meal or dish is no menu', () => {
  for (const words of [
    '',
    '학생식당',
    '학생식당 점심',
    '점심 김치찌개',
    '학생식당 브런치 빵',
    '학생식당 점심 6500원',
    '식당 점심 ,',
  ])
    assert.equal(readNewMenu(words), undefined, words)
})

test('a price beyond all numbers is a price, and no menu without one', () => {
  assert.equal(readNewMenu(`식당 점심 밥 ${'9'.repeat(400)}원`)?.price, Number.MAX_SAFE_INTEGER)
})
