import type { Approval, Case, DocumentVersion } from '@munjigi/contracts/cases'
import type { ColumnType, Generated } from 'kysely'

type Made = ColumnType<Date, never, never>

interface OfCase {
  tenant_id: string
  case_id: string
}

export interface Tables {
  cases: OfCase & {
    title: string
    description: Generated<string>
    status: Generated<Case['status']>
    created_by: string
    created_at: Made
    updated_at: Generated<Date>
    closed_at: Date | null
    members_turn: string | null
    members_turn_until: Date | null
  }
  documents: OfCase & {
    document_id: Generated<string>
    version: Generated<number>
    created_at: Made
  }
  document_versions: OfCase & {
    document_id: string
    version: number
    title: string
    media_type: DocumentVersion['media_type']
    body: string
    written_by: string
    written_at: Made
  }
  approvals: OfCase & {
    approval_id: Generated<string>
    document_id: string | null
    version: number | null
    comment: string
    requested_by: string
    requested_at: Made
    decision: Approval['decision']
    decision_comment: string | null
    decided_by: string | null
    decided_at: Date | null
  }
  unsettled_grants: OfCase & {
    state: 'creating' | 'withdrawing'
    since: Generated<Date>
    deleted_by: Generated<string | null>
  }
}
