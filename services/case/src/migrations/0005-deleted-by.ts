import type { Migration } from '@munjigi/db/migrate'

// deleted_by: whose doing the withdrawal is, for user's audit log; null where a case was never made.
export const deletedBy: Migration = {
  name: '0005-deleted-by',
  up: `
    alter table unsettled_grants add column deleted_by text;
  `,
}
