import { Problem } from '@munjigi/problem'
import { forbidden, unauthenticated } from '../problems.ts'

export const loginExpired = () =>
  new Problem(400, 'sso-login-expired', 'This sign-in has expired or was finished before', { detail: 'Sign in again' })
export const otherBrowser = () =>
  new Problem(400, 'sso-other-browser', 'This sign-in began in another browser', {
    detail: 'Sign in again in this browser, with cookies allowed',
  })
export const answerInvalid = () =>
  new Problem(400, 'sso-answer-invalid', 'The answer of the sign-in service is not valid', {
    detail: 'Sign in again; if it stays, report the request_id',
  })
export const signInRefused = () =>
  forbidden('sso-refused', 'The sign-in service did not let you in', 'Sign in again, or ask its administrators')
export const loginIdTaken = () =>
  forbidden('login-id-taken', 'This login id belongs to another account', 'Ask an administrator to rebind it')
export const unknownCode = () =>
  unauthenticated('unknown-code', 'The code is not known', 'It works once, for a minute, in the browser that signed in')
export const loginIdMissing = () =>
  new Problem(502, 'login-id-missing', 'The sign-in service did not say who you are', {
    detail: 'Its administrators must send a login id',
  })
export const providerError = () =>
  new Problem(502, 'sso-provider-error', 'The sign-in service reported an error', {
    detail: 'Try again later; if it stays, report the request_id',
  })
export const providerUnavailable = () =>
  new Problem(503, 'sso-unavailable', 'The sign-in service does not answer', {
    detail: 'Try again shortly',
    headers: { 'retry-after': '5' },
  })
