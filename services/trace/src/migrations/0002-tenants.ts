import type { Migration } from '@munjigi/db/migrate'

// A trace's name is (tenant, id). Who came without a tenant is one by themselves: a UUID made from their subject, whose
// version 8 no tenant's has (src/tenants.ts reckons the same).
export const tenants: Migration = {
  name: '0002-tenants',
  up: `
    update traces set tenant_id = overlay(overlay(
      left(encode(sha256(convert_to(owner_sub, 'UTF8')), 'hex'), 32) placing '8' from 13) placing '8' from 17)::uuid
      where tenant_id is null;
    alter table entries add column tenant_id uuid;
    update entries set tenant_id = traces.tenant_id from traces where traces.id = entries.trace_id;
    alter table entries
      drop constraint entries__trace,
      drop constraint entries__trace_seq,
      alter column tenant_id set not null;
    alter table traces
      drop constraint traces__id,
      alter column tenant_id set not null,
      add constraint traces__tenant_id primary key (tenant_id, id);
    alter table entries
      add constraint entries__tenant_trace_seq primary key (tenant_id, trace_id, seq),
      add constraint entries__trace foreign key (tenant_id, trace_id) references traces on delete cascade;
    drop index traces__owner;
    create index traces__owner on traces (tenant_id, owner_sub, position);

    alter table traces enable row level security;
    alter table traces force row level security;
    create policy traces__tenant on traces
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    create policy traces__all_tenants on traces
      using (nullif(current_setting('app.all_tenants', true), '')::boolean);

    alter table entries enable row level security;
    alter table entries force row level security;
    create policy entries__tenant on entries
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    create policy entries__all_tenants on entries
      using (nullif(current_setting('app.all_tenants', true), '')::boolean);
  `,
}
