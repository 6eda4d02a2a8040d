import type { Migration } from '@munjigi/db/migrate'

// Source 002 §2.3: whoever this service knows, it knows by keycloak_sub.
export const people: Migration = {
  name: '0001-people',
  up: `
    create table people (
      keycloak_sub text constraint people__keycloak_sub primary key
        constraint people__keycloak_sub_form check (length(keycloak_sub) between 1 and 255),
      created_at timestamptz not null default now()
    );
  `,
}
