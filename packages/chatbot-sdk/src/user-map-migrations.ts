import type { Migration } from '@munjigi/db/migrate'

/** The table of `postgresUserMap`: put in front of a service's own migrations. */
export const userMapMigrations: readonly Migration[] = [
  {
    name: '0001-user-map',
    // Milliseconds, as JavaScript has them: a place in a list must be the row's very time.
    up: `
      create table user_map (
        kakao_id text constraint user_map__kakao_id primary key
          constraint user_map__kakao_id_form check (length(kakao_id) between 1 and 255),
        keycloak_sub text not null constraint user_map__keycloak_sub unique
          constraint user_map__keycloak_sub_form check (length(keycloak_sub) between 1 and 255),
        access_token text,
        refresh_token text,
        access_token_expires_at timestamptz(3),
        refresh_token_expires_at timestamptz(3),
        login_at timestamptz(3) not null,
        login_id text not null,
        refreshed_at timestamptz(3) not null,
        created_at timestamptz(3) not null default now(),
        renewal_owner text,
        renewal_until timestamptz(3),
        constraint user_map__tokens check (num_nulls(access_token, refresh_token, access_token_expires_at) in (0, 3)),
        constraint user_map__renewal check (num_nulls(renewal_owner, renewal_until) in (0, 2))
      );
      create index user_map__idle on user_map (refreshed_at, kakao_id) where refresh_token is not null;
    `,
  },
]
