import { conflict, forbidden, unauthenticated } from '../problems.ts'

export const tokenOutdated = () => unauthenticated('token-outdated', 'The token is no longer valid', 'Sign in again')
export const accountDisabled = () => forbidden('account-disabled', 'The account is disabled', 'User inactive')
export const accountRejected = () =>
  forbidden('account-rejected', 'The request for access was rejected', 'User inactive')
export const tenantSuspended = () => forbidden('tenant-suspended', 'The tenant is suspended', 'Ask an administrator')
export const alreadyDecided = () =>
  conflict('already-decided', 'The request was already decided', 'Read the person again to see how')
export const alreadyDisabled = () =>
  conflict('already-disabled', 'The account is not active', 'Nothing is left to disable')
export const alreadyActive = () => conflict('already-active', 'The account is active', 'Nothing is left to enable')
export const administratorRoleRequired = () =>
  conflict('administrator-role-required', 'Only an ADMIN can be superuser', 'Give the role ADMIN first')
export const nameTaken = () =>
  conflict('name-taken', 'That SSO name belongs to somebody', 'Look for its owner in the list of people')
