import type { Migration } from '@munjigi/db/migrate'

// Source 004's columns; user_id is the owner's subject. Values at secrets' places are ENC(…), bound to profile and place.
// json and not jsonb: members go out in the order in which they were entered.
export const authProfiles: Migration = {
  name: '0001-auth-profiles',
  up: `
    create table auth_profiles (
      id bigint generated always as identity constraint auth_profiles__id primary key,
      user_id text not null constraint auth_profiles__user_id_form check (length(user_id) between 1 and 255),
      service_id varchar(100) not null
        constraint auth_profiles__service_id_form check (service_id ~ '^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$'),
      name varchar(200) not null,
      description text,
      auth_type varchar(50) not null,
      login_config json not null,
      extraction_rules json not null,
      injection_rules json not null,
      refresh_config json,
      allowed_origins json not null,
      expired json,
      ttl integer not null default 3600,
      refresh_before_expire integer not null default 300,
      status varchar(20) not null default 'active'
        constraint auth_profiles__status check (status in ('active', 'inactive', 'needs_auth')),
      generation bigint not null default 1,
      login_number bigint not null default 0,
      failures integer not null default 0,
      outages integer not null default 0,
      retry_at timestamptz,
      totp_used jsonb not null default '{}',
      last_refresh timestamptz,
      last_error text,
      created_by varchar(255),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint auth_profiles__user_service unique (user_id, service_id)
    );
    create index auth_profiles__user_page on auth_profiles (user_id, id);
  `,
}
