import { Problem } from '@munjigi/problem'

const absent = (type: string, title: string) => new Problem(404, type, title, { detail: 'Look for it in the list' })
const conflict = (type: string, title: string, detail: string) => new Problem(409, type, title, { detail })
const forbidden = (type: string, title: string, detail: string) => new Problem(403, type, title, { detail })

export const approvalPending = () =>
  forbidden('approval-pending', 'The request for access waits for approval', 'Wait until an administrator approves it')
export const sectionRequired = () =>
  forbidden('section-required', 'Administration is not open to you', 'Ask for section admin-page with level admin')
export const superuserRequired = () =>
  forbidden('superuser-required', 'Only a superuser may do this', 'Ask a superuser')
export const aboveOwnRights = () =>
  forbidden('above-own-rights', 'This is above your own rights', 'Ask somebody who has the rights in question')
export const ownRights = () => forbidden('own-rights', 'Nobody changes their own rights', 'Ask another administrator')

export const personNotFound = () => absent('person-not-found', 'There is no such person')
export const sectionNotFound = () => absent('section-not-found', 'There is no such section')
export const noticeNotFound = () => absent('notice-not-found', 'There is no such notice')
export const groupNotFound = () => absent('group-not-found', 'There is no such group')
export const tenantNotFound = () => absent('tenant-not-found', 'There is no such tenant')

export const alreadyDecided = () =>
  conflict('already-decided', 'The request was already decided', 'Read the person anew to see how')
export const alreadyDisabled = () =>
  conflict('already-disabled', 'The account is not active', 'Nothing is left to disable')
export const alreadyActive = () => conflict('already-active', 'The account is active', 'Nothing is left to enable')
export const lastAdministrator = () =>
  conflict('last-administrator', 'The last superuser stays', 'Make somebody else superuser first')
export const administratorRoleRequired = () =>
  conflict('administrator-role-required', 'Only an ADMIN can be superuser', 'Give the role ADMIN first')
export const nameTaken = () =>
  conflict('name-taken', 'That SSO name belongs to somebody', 'Look for its owner in the list of people')
export const sectionExists = () => conflict('section-exists', 'A section of that id exists', 'Choose another id')
export const sectionProtected = () =>
  conflict('section-protected', 'Administration itself stands on this section', 'It can be renamed, not removed')
export const groupExists = () => conflict('group-exists', 'A group of that id exists', 'Choose another id')
export const ownTenant = () =>
  conflict('own-tenant', 'Nobody suspends the tenant they are in', 'Ask a superuser of another tenant')
export const alreadySuspended = () =>
  conflict('already-suspended', 'The tenant is suspended', 'Nothing is left to suspend')
export const notSuspended = () => conflict('not-suspended', 'The tenant is active', 'Nothing is left to resume')
export const noticeDelivered = () => conflict('notice-delivered', 'The notice was delivered', 'Nothing is left to send')
