import type { Migration } from '@munjigi/db/migrate'

export const people: Migration = {
  name: '0001-people',
  up: `
    create table tenants (
      id uuid constraint tenants__id primary key,
      name text not null constraint tenants__name check (length(name) between 1 and 100),
      status text not null default 'active' constraint tenants__status check (status in ('active', 'suspended')),
      created_at timestamptz not null default now()
    );

    create table people (
      sub text constraint people__sub primary key constraint people__sub_form check (length(sub) between 1 and 255),
      user_id text not null constraint people__user_id_form check (length(user_id) between 1 and 150),
      email text,
      username_kr text not null default '',
      username_en text not null default '',
      deptname_kr text not null default '',
      deptname_en text not null default '',
      role text not null default 'PENDING' constraint people__role check (role in (
        'PENDING', 'USER', 'ADMIN', 'admin', 'manager', 'attorney', 'analyst', 'engineer', 'staff', 'viewer')),
      superuser boolean not null default false
        constraint people__superuser check (not superuser or role = 'ADMIN'),
      status text not null default 'active'
        constraint people__status check (status in ('active', 'disabled', 'rejected')),
      tenant_id uuid not null constraint people__tenant_id references tenants,
      theme_preference text not null default 'light'
        constraint people__theme_preference check (theme_preference in ('light', 'dark')),
      language_preference text not null default 'ko'
        constraint people__language_preference check (language_preference in ('ko', 'en')),
      realm_access jsonb,
      resource_access jsonb,
      valid_from bigint not null default 0,
      rights_changed_at bigint not null default 0,
      created_at timestamptz not null default now(),
      last_login_at timestamptz
    );
    create unique index people__user_id on people (lower(user_id));
    create index people__created_at on people (created_at, sub);
    create index people__tenant on people (tenant_id);

    create table person_names (
      issuer text not null,
      sub text not null,
      person_sub text not null constraint person_names__person_sub references people,
      created_at timestamptz not null default now(),
      constraint person_names__issuer_sub primary key (issuer, sub)
    );
    create index person_names__person on person_names (person_sub);
  `,
}
