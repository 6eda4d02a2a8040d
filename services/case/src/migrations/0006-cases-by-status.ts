import type { Migration } from '@munjigi/db/migrate'

// The few closed cases of a tenant are found without walking through its open ones, and the other way round.
export const casesByStatus: Migration = {
  name: '0006-cases-by-status',
  up: `
    create index cases__status on cases (tenant_id, status, created_at, case_id);
  `,
}
