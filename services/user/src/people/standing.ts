import { accountDisabled, accountRejected, tenantSuspended } from '../problems.ts'
import type { PersonRow } from './people.ts'

/** @throws Problem 403 unless the person and their tenant may use the platform; PENDING is no hindrance. */
export function assertActive(person: Pick<PersonRow, 'status' | 'tenant_status'>): void {
  if (person.status === 'disabled') throw accountDisabled()
  if (person.status === 'rejected') throw accountRejected()
  if (person.tenant_status === 'suspended') throw tenantSuspended()
}
