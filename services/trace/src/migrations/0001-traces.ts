import type { Migration } from '@munjigi/db/migrate'

export const traces: Migration = {
  name: '0001-traces',
  up: `
    create table traces (
      id text constraint traces__id primary key constraint traces__id_form check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
      position bigint generated always as identity constraint traces__position unique,
      owner_sub text not null,
      tenant_id uuid,
      last_seq integer not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create index traces__owner on traces (owner_sub, position);
    create index traces__updated_at on traces (updated_at);

    create table entries (
      trace_id text not null constraint entries__trace references traces on delete cascade,
      seq integer not null,
      at timestamptz not null,
      level text not null constraint entries__level check (level in ('debug', 'info', 'warn', 'error')),
      message text not null,
      fields jsonb not null,
      constraint entries__trace_seq primary key (trace_id, seq)
    );

    -- What was logged stays as it was logged.
    revoke update on entries from trace_serving;
  `,
}
