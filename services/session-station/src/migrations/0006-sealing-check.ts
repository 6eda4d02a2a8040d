import type { Migration } from '@munjigi/db/migrate'

// One sealed text: a ring that cannot open it is not the one under which this database was written.
export const sealingCheck: Migration = {
  name: '0006-sealing-check',
  up: `
    create table sealing_check (
      id boolean not null default true constraint sealing_check__one primary key
        constraint sealing_check__id check (id),
      sealed text not null
    );
  `,
}
