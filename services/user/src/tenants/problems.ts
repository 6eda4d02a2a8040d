import { Problem } from '@munjigi/problem'
import { conflict } from '../problems.ts'

export const tenantNotFound = () =>
  new Problem(404, 'tenant-not-found', 'There is no such tenant', { detail: 'Look for it in the list' })
export const ownTenant = () =>
  conflict('own-tenant', 'Nobody suspends the tenant they are in', 'Ask a superuser of another tenant')
export const alreadySuspended = () =>
  conflict('already-suspended', 'The tenant is suspended', 'Nothing is left to suspend')
export const notSuspended = () => conflict('not-suspended', 'The tenant is active', 'Nothing is left to resume')
