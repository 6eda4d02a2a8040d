import type { Migration } from '@munjigi/db/migrate'

// Cases live in the case service; here stands who has which role in them, because it goes into tokens.
export const caseRoles: Migration = {
  name: '0009-case-roles',
  up: `
    create table case_roles (
      tenant_id uuid not null,
      case_id text not null constraint case_roles__case_id_form check (length(case_id) between 1 and 64),
      person_sub text not null,
      role text not null constraint case_roles__role check (role in ('trustee', 'reviewer', 'viewer')),
      granted_at timestamptz not null default now(),
      constraint case_roles__tenant_case_person primary key (tenant_id, case_id, person_sub),
      constraint case_roles__person foreign key (tenant_id, person_sub) references people (tenant_id, sub)
    );
    create index case_roles__person on case_roles (person_sub);
    create index case_roles__case on case_roles (case_id);
    alter table case_roles enable row level security;
    alter table case_roles force row level security;
    create policy case_roles__tenant on case_roles
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    create policy case_roles__all_tenants on case_roles
      using (nullif(current_setting('app.all_tenants', true), '')::boolean);
  `,
}
