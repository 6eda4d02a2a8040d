import type { Migration } from '@munjigi/db/migrate'

// The outbox of mail: written with what it tells of, kept until delivered. Who sends one puts its next attempt off first.
export const notices: Migration = {
  name: '0010-notices',
  up: `
    create table notices (
      id bigint generated always as identity constraint notices__id primary key,
      event_key text not null constraint notices__event_key unique,
      idempotency_key uuid not null default gen_random_uuid(),
      kind text not null,
      recipients jsonb not null,
      content jsonb not null,
      created_at timestamptz not null default now(),
      next_attempt_at timestamptz default now(),
      attempts integer not null default 0,
      last_error text,
      delivered_at timestamptz
    );
    create index notices__due on notices (next_attempt_at) where next_attempt_at is not null;
    create index notices__undelivered on notices (id) where delivered_at is null;
  `,
}
