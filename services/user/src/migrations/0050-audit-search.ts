import type { Migration } from '@munjigi/db/migrate'

// Each list is walked in its own order, newest first, so that a page costs the same however long the log is.
export const auditSearch: Migration = {
  name: '0050-audit-search',
  up: `
    -- The planner takes a comparison of settings for one that hardly any row passes, and a boolean for one that half of them do.
    alter policy audit_events__all_tenants on audit_events
      using (nullif(current_setting('app.all_tenants', true), '')::boolean);

    -- Beginnings of actions are ranges only where letters sort by their bytes.
    alter table audit_events alter column action type text collate "C";
    drop index audit_events__target;
    drop index audit_events__tenant;
    create index audit_events__at on audit_events (at, id);
    create index audit_events__actor on audit_events (actor, at, id);
    create index audit_events__target on audit_events (target, at, id);
    create index audit_events__action on audit_events (action, at, id);
    create index audit_events__tenant on audit_events (tenant_id, at, id);
    create index audit_events__tenant_action on audit_events (tenant_id, action, at, id);
  `,
}
