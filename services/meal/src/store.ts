import type { MealServiceAdmin, Menu, NewMenu, Restaurant } from '@munjigi/contracts/meal'
import { isoTime } from '@munjigi/db/iso-time'
import { type Kysely, sql } from 'kysely'
import type { Tables } from './tables.ts'

const restaurantColumns = ['id', 'name', 'location'] as const
const menuColumns = ['id', 'restaurant_id', 'date', 'meal', 'dishes', 'price', isoTime('updated_at')] as const
const adminColumns = ['keycloak_sub', 'restaurant_id', 'granted_by', isoTime('created_at')] as const

export type MenuChange = Partial<Pick<Menu, 'date' | 'meal' | 'dishes' | 'price'>>
export type MealStore = ReturnType<typeof mealStore>

export function mealStore(db: Kysely<Tables>) {
  return {
    async insertPerson(keycloak_sub: string): Promise<void> {
      await db
        .insertInto('people')
        .values({ keycloak_sub })
        .onConflict((row) => row.doNothing())
        .execute()
    },

    listRestaurants: (): Promise<Restaurant[]> =>
      db.selectFrom('restaurants').select(restaurantColumns).orderBy('name').orderBy('location').execute(),
    insertRestaurant: (values: Omit<Restaurant, 'id'>): Promise<Restaurant> =>
      db.insertInto('restaurants').values(values).returning(restaurantColumns).executeTakeFirstOrThrow(),
    updateRestaurant: (id: string, change: Partial<Omit<Restaurant, 'id'>>): Promise<Restaurant | undefined> =>
      db.updateTable('restaurants').set(change).where('id', '=', id).returning(restaurantColumns).executeTakeFirst(),
    removeRestaurant: (id: string) =>
      db.deleteFrom('restaurants').where('id', '=', id).returning('id').executeTakeFirst(),

    listMenus: (date: string, restaurantId: string | undefined): Promise<Menu[]> =>
      db
        .selectFrom('menus')
        .select(menuColumns)
        .where('date', '=', date)
        .$if(restaurantId !== undefined, (menus) => menus.where('restaurant_id', '=', restaurantId as string))
        .orderBy('restaurant_id')
        .orderBy(sql`array_position(array['breakfast', 'lunch', 'dinner'], meal)`)
        .execute(),
    findMenu: (id: string): Promise<Menu | undefined> =>
      db.selectFrom('menus').select(menuColumns).where('id', '=', id).executeTakeFirst(),
    insertMenu: ({ dishes, ...values }: NewMenu, updated_by: string): Promise<Menu> =>
      db
        .insertInto('menus')
        .values({ ...values, dishes: JSON.stringify(dishes), updated_by })
        .returning(menuColumns)
        .executeTakeFirstOrThrow(),
    updateMenu: (id: string, { dishes, ...change }: MenuChange, updated_by: string): Promise<Menu | undefined> =>
      db
        .updateTable('menus')
        .set({ ...change, ...(dishes && { dishes: JSON.stringify(dishes) }), updated_by, updated_at: sql`now()` })
        .where('id', '=', id)
        .returning(menuColumns)
        .executeTakeFirst(),
    removeMenu: (id: string) => db.deleteFrom('menus').where('id', '=', id).returning('id').executeTakeFirst(),

    listAdmins: (): Promise<MealServiceAdmin[]> =>
      db.selectFrom('meal_service_admins').select(adminColumns).orderBy('created_at').orderBy('keycloak_sub').execute(),
    listGrants: (keycloak_sub: string) =>
      db.selectFrom('meal_service_admins').select('restaurant_id').where('keycloak_sub', '=', keycloak_sub).execute(),
    insertAdmin: (values: Omit<MealServiceAdmin, 'created_at'>): Promise<MealServiceAdmin> =>
      db.insertInto('meal_service_admins').values(values).returning(adminColumns).executeTakeFirstOrThrow(),
    removeAdmin: (keycloak_sub: string, restaurantId: string | null) =>
      db
        .deleteFrom('meal_service_admins')
        .where('keycloak_sub', '=', keycloak_sub)
        .where('restaurant_id', 'is not distinct from', restaurantId)
        .returning('keycloak_sub')
        .executeTakeFirst(),
  }
}
