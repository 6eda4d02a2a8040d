import { Problem } from '@munjigi/problem'
import { needsAuth, profileInactive, targetLoginFailed } from '../problems.ts'
import type { LoginState } from './login-records.ts'

/** Why nobody may try to log in now; undefined where one may. */
export function refusalOf({ status, retry_at, last_error }: LoginState, now: number): Problem | undefined {
  if (status === 'inactive') return profileInactive()
  if (status === 'needs_auth') return needsAuth()
  const waitMs = (retry_at?.getTime() ?? 0) - now
  return waitMs > 0 ? targetLoginFailed(last_error ?? 'it failed a moment ago', waitMs) : undefined
}

const ENDINGS = ['auth-profile-not-found', 'auth-profile-inactive']

/** Whether with it all older logins have ended too. */
export const isEnding = (failure: unknown): boolean => failure instanceof Problem && ENDINGS.includes(failure.type)
