import type { Migration } from '@munjigi/db/migrate'

// members_turn: whose turn it is to change who has which role, which user keeps and no row here can lock.
export const cases: Migration = {
  name: '0001-cases',
  up: `
    create table cases (
      tenant_id uuid not null,
      case_id uuid not null,
      title text not null constraint cases__title check (length(title) between 1 and 200),
      description text not null default '' constraint cases__description check (length(description) <= 10000),
      status text not null default 'open' constraint cases__status check (status in ('open', 'closed')),
      created_by text not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      closed_at timestamptz constraint cases__closed_at check ((closed_at is not null) = (status = 'closed')),
      members_turn uuid,
      members_turn_until timestamptz,
      constraint cases__tenant_case primary key (tenant_id, case_id)
    );
    create index cases__newest on cases (tenant_id, created_at, case_id);

    alter table cases enable row level security;
    alter table cases force row level security;
    create policy cases__tenant on cases
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
  `,
}
