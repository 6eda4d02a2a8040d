import type { Menu, Menus, NewMenu, Restaurants } from '@munjigi/contracts/meal'
import { readAnswer } from './answer-of-service.ts'

interface Body {
  method: 'POST'
  headers: Record<string, string>
  body: string
}

/** A call to the module meal through the gateway, as whoever it is bound to. */
export type CallMeal = (path: string, init?: Body) => Promise<Response>

/** meal's routes as one caller sees them. Each throws the Problem that meal or the gateway answers. */
export const mealAs = (call: CallMeal) => ({
  listRestaurants: async () => readAnswer<Restaurants>(await call('/v1/restaurants')),
  listAdministered: async () => readAnswer<Restaurants>(await call('/v1/administered-restaurants')),
  listMenus: async (day: string) => readAnswer<Menus>(await call(`/v1/menus?date=${day}`)),
  addMenu: async (menu: NewMenu) => readAnswer<Menu>(await call('/v1/menus', jsonBody(menu))),
})

const jsonBody = (value: object): Body => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})
