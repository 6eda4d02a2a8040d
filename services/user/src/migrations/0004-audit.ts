import type { Migration } from '@munjigi/db/migrate'

// Append-only by right: the role that serves may add and read, and nothing else.
export const audit: Migration = {
  name: '0004-audit',
  up: `
    create table audit_events (
      id bigint generated always as identity constraint audit_events__id primary key,
      at timestamptz not null default now(),
      actor text,
      action text not null,
      target text,
      tenant_id uuid,
      details jsonb not null default '{}',
      request_id text
    );
    create index audit_events__target on audit_events (target, id);
    create index audit_events__tenant on audit_events (tenant_id, id);
    revoke all on audit_events from user_serving;
    grant select, insert on audit_events to user_serving;
  `,
}
