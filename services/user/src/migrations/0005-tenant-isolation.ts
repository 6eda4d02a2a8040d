import type { Migration } from '@munjigi/db/migrate'

// Signing in and the records of access ask across tenants, and say so by app.all_tenants; who says nothing sees nothing.
// The planner takes a comparison of settings for one that hardly any row passes, and a boolean for one that half of them do.
export const tenantIsolation: Migration = {
  name: '0005-tenant-isolation',
  up: `
    alter table people enable row level security;
    alter table people force row level security;
    create policy people__tenant on people
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    create policy people__all_tenants on people
      using (nullif(current_setting('app.all_tenants', true), '')::boolean);

    alter table audit_events enable row level security;
    alter table audit_events force row level security;
    create policy audit_events__tenant on audit_events
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    create policy audit_events__all_tenants on audit_events
      using (nullif(current_setting('app.all_tenants', true), '')::boolean);
  `,
}
