import type { NewMenu, Restaurant } from '@munjigi/contracts/meal'
import { Problem } from '@munjigi/problem'
import { type SkillAnswer, textAnswer } from '../kakao/skill-answer.ts'
import { menusText, nameOf, servedOf } from './menus-text.ts'
import { readNewMenu } from './new-menu.ts'
import { type Language, texts } from './texts.ts'
import { plain } from './utterances.ts'
import type { Visit } from './visit.ts'

export async function tellMenus({ meal, language }: Visit, day: string): Promise<SkillAnswer> {
  const [menus, restaurants] = await Promise.all([meal.listMenus(day), meal.listRestaurants()])
  return textAnswer(menus.menus.length === 0 ? texts[language].noMenus : menusText(day, menus, restaurants, language))
}

/** `words` is what followed 메뉴 등록. */
export async function addMenu({ meal, language }: Visit, words: string, day: string): Promise<SkillAnswer> {
  const text = texts[language]
  const spoken = readNewMenu(words)
  if (!spoken) return textAnswer(text.newMenuForm)
  const { restaurants } = await meal.listRestaurants()
  const called = restaurants.filter((restaurant) => isCalled(restaurant, spoken.restaurant))
  const [restaurant, ...others] = called
  if (!restaurant || others.length > 0) return textAnswer(whichRestaurant(called, restaurants, language))
  const { meal: mealTime, dishes, price } = spoken
  const refusal = await refusalOf(
    meal.addMenu({ restaurant_id: restaurant.id, date: day, meal: mealTime, dishes, price }),
  )
  if (refusal) return textAnswer(text[refusal])
  return textAnswer(text.newMenuDone(nameOf(restaurant), text.meals[mealTime], servedOf({ dishes, price }, language)))
}

const spaceless = (text: string) => plain(text).replaceAll(' ', '')

function isCalled(restaurant: Restaurant, spoken: string): boolean {
  return [restaurant.name, nameOf(restaurant)].some((name) => spaceless(name) === spaceless(spoken))
}

function whichRestaurant(called: Restaurant[], all: Restaurant[], language: Language): string {
  const { restaurantUnknown, restaurantAmbiguous, noRestaurants } = texts[language]
  const names = (restaurants: Restaurant[]) => restaurants.map(nameOf).join(', ')
  if (called.length > 0) return restaurantAmbiguous(names(called))
  return all.length === 0 ? noRestaurants : restaurantUnknown(names(all))
}

const REFUSALS = new Map<string, 'menuExists' | 'menuRightRequired' | 'menuInvalid'>([
  ['menu-exists', 'menuExists'],
  ['menu-right-required', 'menuRightRequired'],
  ['invalid-request', 'menuInvalid'],
])

/** What is said of a menu that meal does not take; undefined where it did. */
async function refusalOf(adding: Promise<NewMenu>) {
  try {
    await adding
    return undefined
  } catch (error) {
    const refusal = error instanceof Problem ? REFUSALS.get(error.type) : undefined
    if (refusal === undefined) throw error
    return refusal
  }
}
