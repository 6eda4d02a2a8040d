import type { Migration } from '@munjigi/db/migrate'

// A version of which approval was asked stays: its document goes with the case alone.
export const approvals: Migration = {
  name: '0003-approvals',
  up: `
    create table approvals (
      tenant_id uuid not null,
      case_id uuid not null,
      approval_id uuid not null default gen_random_uuid(),
      document_id uuid,
      version integer,
      comment text not null constraint approvals__comment check (length(comment) <= 2000),
      requested_by text not null,
      requested_at timestamptz not null default now(),
      decision text constraint approvals__decision check (decision in ('approved', 'rejected')),
      decision_comment text constraint approvals__decision_comment check (length(decision_comment) <= 2000),
      decided_by text constraint approvals__decided_by check (decided_by <> requested_by),
      decided_at timestamptz,
      constraint approvals__tenant_approval primary key (tenant_id, case_id, approval_id),
      constraint approvals__case foreign key (tenant_id, case_id) references cases on delete cascade,
      constraint approvals__document_version foreign key (tenant_id, case_id, document_id, version)
        references document_versions,
      constraint approvals__document_whole check ((document_id is null) = (version is null)),
      constraint approvals__decided_whole check (
        (decision is null) = (decided_by is null) and (decision is null) = (decided_at is null)
        and (decision is null) = (decision_comment is null))
    );
    create unique index approvals__pending on approvals (tenant_id, case_id, document_id, version)
      nulls not distinct where decision is null;
    create index approvals__newest on approvals (tenant_id, case_id, requested_at, approval_id);
    create index approvals__by_version on approvals (tenant_id, case_id, document_id, version);

    alter table approvals enable row level security;
    alter table approvals force row level security;
    create policy approvals__tenant on approvals
      using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
  `,
}
