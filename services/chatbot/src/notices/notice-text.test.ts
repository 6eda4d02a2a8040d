import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Menu } from '@munjigi/contracts/meal'
import { noticeText } from './notice-text.ts'

const restaurant = (name: string, location = '') => ({ id: randomUUID(), name, location })
const menuOf = (restaurant_id: string, dishes: string[]): Menu => ({
  id: randomUUID(),
  restaurant_id,
  date: '2026-11-21',
  meal: 'lunch',
  dishes,
  price: 6500,
  updated_at: '2026-11-20T00:00:00.000Z',
})

test('a notice tells the menus by restaurant and what the person administers', () => {
  const [student, staff] = [restaurant('학생식당', '본관 1층'), restaurant('교직원식당')]
  const menus = { menus: [menuOf(staff.id, ['비빔밥']), menuOf(student.id, ['김치찌개', '밥'])] }
  const today = { day: '2026-11-21', menus, restaurants: { restaurants: [student, staff, restaurant('쉬는 식당')] } }

  assert.equal(
    noticeText(today, [student]),
    [
      '2026-11-21 메뉴',
      '학생식당(본관 1층)\n점심: 김치찌개, 밥 · 6,500원',
      '교직원식당\n점심: 비빔밥 · 6,500원',
      '관리 식당: 학생식당(본관 1층)',
    ].join('\n\n'),
  )
  assert.ok(!noticeText(today, []).includes('관리'))
})

test("a day with more menus than one message holds is cut, and the person's own restaurants stay", () => {
  const many = Array.from({ length: 60 }, (_, number) => restaurant(`식당 ${number}`))
  const menus = { menus: many.map(({ id }) => menuOf(id, ['김치찌개', '밥'])) }
  const text = noticeText({ day: '2026-11-21', menus, restaurants: { restaurants: many } }, many.slice(0, 1))

  assert.ok(text.length <= 1000)
  assert.ok(text.endsWith('…\n\n관리 식당: 식당 0'), text.slice(-50))
})
