import type { Migration } from '@munjigi/db/migrate'

// What a login made is stored here before it is cached or used: a rotated refresh token outlives Redis and its holder.
export const authContexts: Migration = {
  name: '0002-auth-contexts',
  up: `
    create table auth_contexts (
      profile_id bigint constraint auth_contexts__profile primary key references auth_profiles on delete cascade,
      generation bigint not null,
      login_number bigint not null,
      context text not null,
      refresh_begun boolean not null default false,
      updated_at timestamptz not null default now()
    );
  `,
}
