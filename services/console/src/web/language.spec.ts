import { expect, test } from 'vitest'
import { firstLanguage } from './language.ts'
import { en } from './texts/en.ts'
import { ko } from './texts/ko.ts'

test('the language chosen last goes first, then the browser, then Korean', () => {
  expect(firstLanguage('en', ['ko-KR'])).toBe('en')
  expect(firstLanguage(null, ['fr-FR', 'en-GB', 'ko'])).toBe('en')
  expect(firstLanguage('xx', ['fr'])).toBe('ko')
})

test('every text names the same places in both languages', () => {
  const placesIn = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort()
  const compare = (left: object, right: object) => {
    for (const [key, text] of Object.entries(left)) {
      const other: unknown = Reflect.get(right, key)
      if (typeof text === 'object') compare(text, other as object)
      else expect(placesIn(String(other)), key).toEqual(placesIn(text))
    }
  }
  compare(ko, en)
})
