import { Problem } from '@munjigi/problem'

const absent = (type: string, title: string, detail: string) => new Problem(404, type, title, { detail })
const conflict = (type: string, title: string, detail: string) => new Problem(409, type, title, { detail })
const forbidden = (type: string, title: string, detail: string) => new Problem(403, type, title, { detail })

/** Also for another tenant's case. */
export const caseNotFound = () =>
  absent('case-not-found', 'There is no such case', 'GET /api/case/v1/cases lists those you may read')
export const documentNotFound = () =>
  absent('document-not-found', 'The case has no such document', 'GET …/documents lists them')
export const versionNotFound = () =>
  absent('version-not-found', 'There is no such version of this document', 'GET …/versions lists them')
export const approvalNotFound = () =>
  absent('approval-not-found', 'The case has no such request for approval', 'GET …/approvals lists them')
export const memberNotFound = () =>
  absent('member-not-found', 'This person has no role in the case', 'GET …/members lists who has')
export const unknownPerson = () =>
  absent('unknown-person', 'This person is not known here', 'Name the sub of somebody of your own tenant')

export const caseClosed = () => conflict('case-closed', 'The case is closed', 'Open it again by POST …/reopen')
export const caseOpen = () => conflict('case-open', 'The case is open', 'There is nothing to do')
export const versionOutdated = () =>
  conflict('version-outdated', 'The document has a newer version by now', 'Read it again and change that version')
export const documentInApproval = () =>
  conflict('document-in-approval', 'Approval has been asked for this document', 'It stays for as long as its case')
const approvalPending = () =>
  conflict('approval-pending', 'Approval has been asked for this already', 'Wait for the decision')
export const approvalDecided = () =>
  conflict('approval-decided', 'This was decided already', 'Ask for another approval')
export const lastTrustee = () =>
  conflict('last-trustee', 'The case would have no trustee', 'Make somebody else trustee first')

const ownRequest = () =>
  forbidden('own-request', 'Nobody decides their own request', 'Ask another reviewer of the case')
export const ownCaseRole = () =>
  forbidden('own-case-role', 'Nobody gives themselves a role', 'Ask another trustee, or an administrator')
export const scopeRequired = () =>
  forbidden(
    'scope-required',
    'The token is limited to something else',
    'Use a token without a scope, or one of module case',
  )

export const preconditionFailed = () =>
  new Problem(412, 'precondition-failed', 'The document has a newer version by now', {
    detail: 'Read it again and send its ETag in If-Match',
  })
export const versionRequired = () =>
  new Problem(428, 'version-required', 'Say which version you change', {
    detail: 'Send If-Match with the ETag of the document, or version in the body',
  })

export const caseRolesUnknown = (cause?: unknown) =>
  new Problem(503, 'case-roles-unknown', 'Who has which role in a case cannot be asked right now', {
    detail: 'Try again shortly',
    headers: { 'retry-after': '1' },
    ...(cause !== undefined && { cause }),
  })
export const membersBusy = () =>
  new Problem(503, 'members-busy', 'Somebody else is changing the members of this case', {
    detail: 'Try again shortly',
    headers: { 'retry-after': '1' },
  })
export const creationTooSlow = () =>
  new Problem(503, 'creation-too-slow', 'Making the case took too long and was given up', {
    detail: 'Try again',
    headers: { 'retry-after': '1' },
  })

/** What the database refuses, by the name of the constraint that decided it. */
export const refusals: ReadonlyMap<string, () => Problem> = new Map([
  ['approvals__document_version', versionNotFound],
  ['approvals__pending', approvalPending],
  ['approvals__decided_by', ownRequest],
])
