import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cut, linkAnswer, MAX_TEXT_LENGTH, textAnswer } from './skill-answer.ts'

test('a text is cut at the end of a line and says that something is missing', () => {
  const text = ['첫째', '둘째'.repeat(3), '셋째'.repeat(300)].join('\n')

  assert.equal(cut(text, 20), '첫째\n둘째둘째둘째\n…')
  assert.equal(cut('짧다', 20), '짧다')
  assert.equal(cut('가'.repeat(20), 20), '가'.repeat(20))
})

test('no character is cut in half', () => {
  const text = cut('🍚'.repeat(600), MAX_TEXT_LENGTH)

  assert.ok(text.isWellFormed())
  assert.ok(text.length <= MAX_TEXT_LENGTH)
  assert.ok(text.endsWith('🍚…'))
})

test("nothing is longer than Kakao's limits", () => {
  const long = '가'.repeat(3_000)
  const text = textAnswer(long)
  const card = linkAnswer({ title: long, description: long, label: 'x', url: 'https://x' })

  assert.ok('template' in text && 'template' in card)
  const [spoken] = text.template.outputs
  const [shown] = card.template.outputs
  assert.ok(spoken && 'simpleText' in spoken && spoken.simpleText.text.length <= 1000)
  assert.ok(shown && 'basicCard' in shown)
  assert.ok(shown.basicCard.title.length <= 50 && shown.basicCard.description.length <= 230)
})
