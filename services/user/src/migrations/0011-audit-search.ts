import type { Migration } from '@munjigi/db/migrate'

// Each list is walked in its own order, newest first, so that a page costs the same however long the log is.
export const auditSearch: Migration = {
  name: '0011-audit-search',
  up: `
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
