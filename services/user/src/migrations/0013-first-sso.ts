import type { Migration } from '@munjigi/db/migrate'

// Who was imported has no name at the IdP yet: the first sign-in under their login id gives them one, once.
export const firstSso: Migration = {
  name: '0013-first-sso',
  up: `
    alter table people add column binds_at_sso boolean not null default false;
  `,
}
