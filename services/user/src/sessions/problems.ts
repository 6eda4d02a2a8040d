import { Problem } from '@munjigi/problem'
import { forbidden, unauthenticated } from '../problems.ts'

export const refreshTokenMissing = () =>
  unauthenticated('refresh-token-missing', 'No refresh token was sent', 'Sign in, or send refresh_token in a JSON body')
export const refreshTokenInvalid = () =>
  unauthenticated('refresh-token-invalid', 'The refresh token is not accepted', 'Invalid refresh token')
export const refreshTokenUsed = () =>
  unauthenticated('refresh-token-used', 'The refresh token was used before', 'Token revoked')
export const sessionNotFound = () =>
  new Problem(404, 'session-not-found', 'There is no such session', { detail: 'Look for it in the list' })
export const originRefused = () =>
  forbidden('origin-refused', 'This page may not use the sign-in cookie', 'Call from the front end of this platform')
