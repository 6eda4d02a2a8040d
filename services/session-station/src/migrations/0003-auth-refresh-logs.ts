import type { Migration } from '@munjigi/db/migrate'

export const authRefreshLogs: Migration = {
  name: '0003-auth-refresh-logs',
  up: `
    create table auth_refresh_logs (
      id bigint generated always as identity constraint auth_refresh_logs__id primary key,
      profile_id bigint not null constraint auth_refresh_logs__profile references auth_profiles on delete cascade,
      service_id varchar(100) not null,
      user_id text not null,
      refresh_type varchar(20) not null
        constraint auth_refresh_logs__refresh_type check (refresh_type in ('login', 'refresh', 'test')),
      success boolean not null,
      extracted_fields jsonb not null,
      error_message text,
      response_status_code integer,
      duration_ms integer not null,
      created_at timestamptz not null default now()
    );
    create index auth_refresh_logs__profile_id on auth_refresh_logs (profile_id, id);
    create index auth_refresh_logs__created_at on auth_refresh_logs (created_at);
    revoke update on auth_refresh_logs from session_station_serving;
  `,
}
