import { Problem } from '@munjigi/problem'
import { forbidden, SHORTLY } from '../problems.ts'

export const superuserRequired = () =>
  forbidden('superuser-required', 'This is for superusers', 'Sign in as a superuser')
export const keysUnavailable = () =>
  new Problem(503, 'keys-unavailable', 'The keys cannot be had now', {
    detail: 'The user service does not answer: try again shortly',
    headers: SHORTLY,
  })
