import type { Migration } from '@munjigi/db/migrate'

// Of a key only its prefix and the SHA-256 of its 256 random bits are kept.
export const apiKeys: Migration = {
  name: '0008-api-keys',
  up: `
    alter table people add constraint people__tenant_sub unique (tenant_id, sub);

    create table api_keys (
      tenant_id uuid not null,
      key_id uuid not null default gen_random_uuid(),
      person_sub text not null,
      name text not null constraint api_keys__name check (length(name) between 1 and 100),
      prefix text not null,
      secret_hash text not null,
      scopes jsonb not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      last_used_at timestamptz,
      revoked_at timestamptz,
      constraint api_keys__tenant_key primary key (tenant_id, key_id),
      constraint api_keys__person foreign key (tenant_id, person_sub) references people (tenant_id, sub) on update cascade
    );
    create index api_keys__prefix on api_keys (prefix);
    create index api_keys__owner on api_keys (person_sub, created_at);
    alter table api_keys enable row level security;
    alter table api_keys force row level security;
    create policy api_keys__tenant on api_keys
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    create policy api_keys__all_tenants on api_keys
      using (nullif(current_setting('app.all_tenants', true), '')::boolean);
  `,
}
