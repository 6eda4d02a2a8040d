import type { Menu } from '@munjigi/contracts/meal'
import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'

type CreatedAt = ColumnType<Date, never, never>

export interface Tables {
  people: {
    keycloak_sub: string
    created_at: CreatedAt
  }
  restaurants: {
    id: GeneratedAlways<string>
    name: string
    location: string
    created_at: CreatedAt
  }
  menus: {
    id: GeneratedAlways<string>
    restaurant_id: string
    date: string
    meal: Menu['meal']
    dishes: JSONColumnType<string[]>
    price: number | null
    updated_at: Generated<Date>
    updated_by: string
  }
  meal_service_admins: {
    keycloak_sub: string
    restaurant_id: string | null
    granted_by: string
    created_at: CreatedAt
  }
}
