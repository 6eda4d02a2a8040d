import { Problem } from '@munjigi/problem'

/** 401 as a bearer token is asked for. */
export const unauthenticated = (type: string, title: string, detail: string) =>
  new Problem(401, type, title, { detail, headers: { 'www-authenticate': 'Bearer' } })
export const forbidden = (type: string, title: string, detail: string) => new Problem(403, type, title, { detail })
export const conflict = (type: string, title: string, detail: string) => new Problem(409, type, title, { detail })

export const sessionEnded = () => unauthenticated('session-ended', 'The session has ended', 'Token revoked')
export const unknownCredential = () =>
  new Problem(401, 'unknown-credential', 'The credential is not accepted', { detail: 'Sign in again' })
/** 404 where the person is what was asked for, 403 where they ask. */
export const unknownPerson = (status: 403 | 404 = 403) =>
  new Problem(status, 'unknown-person', 'This person is not known here', { detail: 'Sign in once at the platform' })
export const approvalPending = () =>
  forbidden('approval-pending', 'The request for access waits for approval', 'Wait until an administrator approves it')
export const superuserRequired = () =>
  forbidden('superuser-required', 'Only a superuser may do this', 'Ask a superuser')
export const aboveOwnRights = () =>
  forbidden('above-own-rights', 'This is above your own rights', 'Ask somebody who has the rights in question')
export const personNotFound = () =>
  new Problem(404, 'person-not-found', 'There is no such person', { detail: 'Look for it in the list' })
