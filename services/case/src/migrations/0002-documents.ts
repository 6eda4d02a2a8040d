import type { Migration } from '@munjigi/db/migrate'

// A version is written once: the role that serves may add, read and, with the document, remove it.
export const documents: Migration = {
  name: '0002-documents',
  up: `
    create table documents (
      tenant_id uuid not null,
      case_id uuid not null,
      document_id uuid not null default gen_random_uuid(),
      version integer not null default 1,
      created_at timestamptz not null default now(),
      constraint documents__tenant_document primary key (tenant_id, case_id, document_id),
      constraint documents__case foreign key (tenant_id, case_id) references cases on delete cascade
    );
    create index documents__oldest on documents (tenant_id, case_id, created_at, document_id);

    create table document_versions (
      tenant_id uuid not null,
      case_id uuid not null,
      document_id uuid not null,
      version integer not null constraint document_versions__version_form check (version >= 1),
      title text not null constraint document_versions__title check (length(title) between 1 and 200),
      media_type text not null
        constraint document_versions__media_type check (media_type in ('text/plain', 'text/markdown')),
      body text not null constraint document_versions__body check (length(body) <= 300000),
      written_by text not null,
      written_at timestamptz not null default now(),
      constraint document_versions__version primary key (tenant_id, case_id, document_id, version),
      constraint document_versions__document
        foreign key (tenant_id, case_id, document_id) references documents on delete cascade
    );
    revoke update on document_versions from case_serving;

    alter table documents enable row level security;
    alter table documents force row level security;
    create policy documents__tenant on documents
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    alter table document_versions enable row level security;
    alter table document_versions force row level security;
    create policy document_versions__tenant on document_versions
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
  `,
}
