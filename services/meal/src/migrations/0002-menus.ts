import type { Migration } from '@munjigi/db/migrate'

export const menus: Migration = {
  name: '0002-menus',
  up: `
    create table restaurants (
      id uuid constraint restaurants__id primary key default gen_random_uuid(),
      name text not null constraint restaurants__name_form check (length(name) between 1 and 100),
      location text not null constraint restaurants__location_form check (length(location) <= 200),
      created_at timestamptz not null default now(),
      constraint restaurants__name_location unique (name, location)
    );

    create table menus (
      id uuid constraint menus__id primary key default gen_random_uuid(),
      restaurant_id uuid not null constraint menus__restaurant references restaurants on delete cascade,
      date date not null,
      meal text not null constraint menus__meal check (meal in ('breakfast', 'lunch', 'dinner')),
      dishes jsonb not null constraint menus__dishes check (jsonb_typeof(dishes) = 'array'),
      price integer constraint menus__price check (price between 0 and 10000000),
      updated_at timestamptz not null default now(),
      updated_by text not null,
      constraint menus__restaurant_date_meal unique (restaurant_id, date, meal)
    );
    create index menus__date on menus (date);
  `,
}
