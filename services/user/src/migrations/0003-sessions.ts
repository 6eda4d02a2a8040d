import type { Migration } from '@munjigi/db/migrate'

export const sessions: Migration = {
  name: '0003-sessions',
  up: `
    create table signing_keys (
      kid text constraint signing_keys__kid primary key,
      purpose text not null constraint signing_keys__purpose check (purpose in ('access', 'refresh')),
      private_sealed text not null,
      active_from timestamptz not null,
      created_at timestamptz not null default now()
    );

    create table sessions (
      sid text constraint sessions__sid primary key,
      person_sub text not null constraint sessions__person_sub references people,
      started_at timestamptz not null default now(),
      access_exp bigint not null,
      refresh_exp bigint not null,
      id_token_sealed text,
      ended_at timestamptz
    );
    create index sessions__person on sessions (person_sub);
    create index sessions__refresh_exp on sessions (refresh_exp);

    create table refresh_tokens (
      jti text constraint refresh_tokens__jti primary key,
      sid text not null constraint refresh_tokens__sid references sessions on delete cascade,
      iat bigint not null,
      exp bigint not null,
      key_id text not null constraint refresh_tokens__key_id references signing_keys,
      used_at timestamptz,
      successor text constraint refresh_tokens__successor references refresh_tokens deferrable initially deferred,
      constraint refresh_tokens__used check ((used_at is null) = (successor is null))
    );
    create index refresh_tokens__session on refresh_tokens (sid);
  `,
}
