import { Problem } from '@munjigi/problem'
import { conflict, forbidden, unauthenticated } from '../problems.ts'

export const credentialsInvalid = () =>
  unauthenticated('credentials-invalid', 'The credentials are not accepted', 'Invalid email or password')
export const tooManyAttempts = (seconds: number) =>
  new Problem(429, 'too-many-attempts', 'Too many attempts', {
    detail: 'Wait as long as Retry-After says',
    headers: { 'retry-after': String(seconds) },
  })
export const passwordsBusy = () =>
  new Problem(503, 'passwords-busy', 'Too many are signing in right now', {
    detail: 'Try again shortly',
    headers: { 'retry-after': '2' },
  })
export const passwordWrong = () =>
  forbidden('password-wrong', 'The current password is wrong', 'Type the current password again')
export const passwordNotSet = () =>
  conflict('password-not-set', 'There is no password yet', 'Ask an administrator for a link')
export const resetLinkInvalid = () =>
  unauthenticated('reset-link-invalid', 'The link is no longer valid', 'Ask an administrator for a new one')
export const emailTaken = () => conflict('email-taken', 'Somebody else signs in with this e-mail', 'Choose another')
