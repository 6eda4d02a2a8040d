import { type Static, Type } from 'typebox'

const Id = Type.String({ format: 'uuid' })
// The database knows no year 0.
const Day = Type.String({ format: 'date', pattern: '^[1-9]', description: 'a day as YYYY-MM-DD' })

export const Restaurant = Type.Object({
  id: Id,
  name: Type.String({ minLength: 1, maxLength: 100 }),
  location: Type.String({ maxLength: 200 }),
})
export type Restaurant = Static<typeof Restaurant>

/** `GET restaurants`, by name; `GET administered-restaurants`: those whose menus the caller may edit. */
export const Restaurants = Type.Object({ restaurants: Type.Array(Restaurant) })
export type Restaurants = Static<typeof Restaurants>

const MealTime = Type.Enum(['breakfast', 'lunch', 'dinner'])

/** One menu: what a restaurant serves at one meal of one day. */
export const Menu = Type.Object({
  id: Id,
  restaurant_id: Id,
  date: Day,
  meal: MealTime,
  dishes: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 30 }),
  price: Type.Union([Type.Integer({ minimum: 0, maximum: 10_000_000 }), Type.Null()], { description: 'in won' }),
  updated_at: Type.String({ format: 'date-time' }),
})
export type Menu = Static<typeof Menu>

/** `GET menus?date=`, in the order of the day within a restaurant. */
export const Menus = Type.Object({ menus: Type.Array(Menu) })
export type Menus = Static<typeof Menus>

export const NewMenu = Type.Object(
  {
    ...Type.Pick(Menu, ['restaurant_id', 'date', 'meal', 'dishes']).properties,
    price: Type.Optional(Menu.properties.price),
  },
  { additionalProperties: false },
)
export type NewMenu = Static<typeof NewMenu>

/** Somebody who may edit menus because meal's own table says so (source 002 §4). */
export const MealServiceAdmin = Type.Object({
  keycloak_sub: Type.String({ minLength: 1, maxLength: 255 }),
  restaurant_id: Type.Union([Id, Type.Null()], { description: 'null: every restaurant' }),
  granted_by: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
})
export type MealServiceAdmin = Static<typeof MealServiceAdmin>
