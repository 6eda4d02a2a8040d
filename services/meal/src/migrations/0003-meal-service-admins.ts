import type { Migration } from '@munjigi/db/migrate'

export const mealServiceAdmins: Migration = {
  name: '0003-meal-service-admins',
  up: `
    create table meal_service_admins (
      keycloak_sub text not null constraint meal_service_admins__person references people,
      restaurant_id uuid constraint meal_service_admins__restaurant references restaurants on delete cascade,
      granted_by text not null,
      created_at timestamptz not null default now(),
      constraint meal_service_admins__person_restaurant unique nulls not distinct (keycloak_sub, restaurant_id)
    );
    create index meal_service_admins__by_restaurant on meal_service_admins (restaurant_id);
  `,
}
