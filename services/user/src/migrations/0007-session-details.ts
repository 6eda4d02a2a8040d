import type { Migration } from '@munjigi/db/migrate'

export const sessionDetails: Migration = {
  name: '0007-session-details',
  up: `
    alter table sessions
      add column way text not null default 'sso' constraint sessions__way check (way in ('sso', 'password')),
      add column user_agent text not null default '',
      add column address text not null default '',
      add column last_used_at timestamptz not null default now();
  `,
}
