import type { MigrationPlan } from '@munjigi/db/migrate'
import { cases } from './0001-cases.ts'
import { documents } from './0002-documents.ts'
import { approvals } from './0003-approvals.ts'
import { unsettledGrants } from './0004-unsettled-grants.ts'
import { deletedBy } from './0005-deleted-by.ts'
import { casesByStatus } from './0006-cases-by-status.ts'

export const SCHEMA = 'cases'
export const SERVING_ROLE = 'case_serving'

/** The schema that this service owns, and the role it serves under. */
export const migrationPlan: MigrationPlan = {
  schema: SCHEMA,
  servingRole: SERVING_ROLE,
  migrations: [cases, documents, approvals, unsettledGrants, deletedBy, casesByStatus],
}
