import type { Menu, Menus, Restaurant, Restaurants } from '@munjigi/contracts/meal'
import { type Language, texts } from './texts.ts'

/** The day's menus by restaurant, in the order of `restaurants`. */
export function menusText(day: string, { menus }: Menus, { restaurants }: Restaurants, language: Language): string {
  const blocks = restaurants.flatMap((restaurant) => {
    const own = menus.filter(({ restaurant_id }) => restaurant_id === restaurant.id)
    return own.length === 0 ? [] : [[nameOf(restaurant), ...own.map((menu) => lineOf(menu, language))].join('\n')]
  })
  return [texts[language].menus(day), ...blocks].join('\n\n')
}

export const nameOf = ({ name, location }: Restaurant): string => (location === '' ? name : `${name}(${location})`)

const lineOf = (menu: Menu, language: Language): string =>
  `${texts[language].meals[menu.meal]}: ${servedOf(menu, language)}`

export const servedOf = ({ dishes, price }: Pick<Menu, 'dishes' | 'price'>, language: Language): string =>
  `${dishes.join(', ')}${price === null ? '' : ` · ${texts[language].price(price)}`}`
