import type { Migration } from '@munjigi/db/migrate'

// What people of one tenant share: profiles whose secrets are named slots. json keeps the order in which members were entered.
export const authProfileTemplates: Migration = {
  name: '0004-auth-profile-templates',
  up: `
    create table auth_profile_templates (
      template_id uuid not null default gen_random_uuid() constraint auth_profile_templates__template_id primary key,
      position bigint generated always as identity constraint auth_profile_templates__position unique,
      tenant_id uuid not null,
      owner_sub text not null,
      name varchar(200) not null,
      description text,
      auth_type varchar(50) not null,
      service_id varchar(100) not null,
      tags jsonb not null,
      content json not null,
      slots json not null,
      hosts jsonb not null,
      created_at timestamptz not null default now()
    );
    create index auth_profile_templates__tenant on auth_profile_templates (tenant_id, position);
    alter table auth_profile_templates enable row level security;
    alter table auth_profile_templates force row level security;
    create policy auth_profile_templates__tenant on auth_profile_templates
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
  `,
}
