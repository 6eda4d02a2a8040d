import type { Migration } from '@munjigi/db/migrate'

// Cases whose grants at user may stand without them: about to be made, or gone. The sweep asks for all tenants', and says so.
export const unsettledGrants: Migration = {
  name: '0004-unsettled-grants',
  up: `
    create table unsettled_grants (
      tenant_id uuid not null,
      case_id uuid not null,
      state text not null constraint unsettled_grants__state check (state in ('creating', 'withdrawing')),
      since timestamptz not null default now(),
      constraint unsettled_grants__tenant_case primary key (tenant_id, case_id)
    );
    create index unsettled_grants__since on unsettled_grants (since);

    alter table unsettled_grants enable row level security;
    alter table unsettled_grants force row level security;
    create policy unsettled_grants__tenant on unsettled_grants
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    create policy unsettled_grants__all_tenants on unsettled_grants
      using (nullif(current_setting('app.all_tenants', true), '')::boolean);
  `,
}
