import type { Migration } from '@munjigi/db/migrate'

// Append-only by right: the role that serves may add and read, and nothing else.
export const audit: Migration = {
  name: '0005-audit',
  up: `
    create table audit_events (
      id bigint generated always as identity constraint audit_events__id primary key,
      at timestamptz not null default now(),
      actor text not null,
      action text not null,
      target text not null,
      details jsonb not null default '{}',
      request_id text
    );
    create index audit_events__actor on audit_events (actor, id);
    revoke all on audit_events from session_station_serving;
    grant select, insert on audit_events to session_station_serving;
  `,
}
