import type { Menu } from '@munjigi/contracts/meal'

export interface SpokenMenu {
  restaurant: string
  meal: Menu['meal']
  dishes: string[]
  price: number | null
}

const MEALS = new Map<string, Menu['meal']>([
  ['아침', 'breakfast'],
  ['점심', 'lunch'],
  ['저녁', 'dinner'],
])
const FORM = /^(?<restaurant>.+?) (?<meal>아침|점심|저녁) (?<dishes>.+)$/u
const PRICE = /^(?<dishes>.*?)[ ,]*(?<won>\d{1,3}(?:,\d{3})+|\d+) ?원$/u

/** `<식당> <아침|점심|저녁> <요리, 요리…> [가격원]`; undefined where it is written otherwise. */
export function readNewMenu(words: string): SpokenMenu | undefined {
  const { restaurant, meal, dishes: rest } = FORM.exec(words)?.groups ?? {}
  const mealTime = MEALS.get(meal ?? '')
  if (restaurant === undefined || rest === undefined || mealTime === undefined) return undefined
  const priced = PRICE.exec(rest)?.groups
  const dishes = (priced?.dishes ?? rest)
    .split(/[,，、]/u)
    .map((dish) => dish.trim())
    .filter((dish) => dish !== '')
  if (dishes.length === 0) return undefined
  // Infinity would be written as null, which is a menu without a price.
  const price = priced === undefined ? null : Math.min(Number(priced.won?.replaceAll(',', '')), Number.MAX_SAFE_INTEGER)
  return { restaurant, meal: mealTime, dishes, price }
}
