import type { Injection } from '@munjigi/contracts/auth-contexts'
import type { Expired, Profile } from '../profiles/profile.ts'

/** Which login: the higher is the newer, by profile (one made anew after a deletion), then by generation, then by login. */
export interface Mark {
  profile_id: number
  /** Of the profile it was made from. */
  generation: number
  /** Counted by PostgreSQL when the login begins (the fencing token). */
  login_number: number
}

/** A login that can be used: what lies sealed in Redis and in PostgreSQL. All that a call needs is in it. Times are epochs in ms. */
export interface Context extends Mark {
  made_by: 'login' | 'refresh'
  fields: Record<string, string>
  /** Where the secrets of its profile might go when it was made: its refresh token goes nowhere else, and nowhere without it, as contexts were stored before there was one. */
  origins?: string[]
  injections: Injection[]
  /** Injections into header and cookie as one flat object, equal names merged. */
  headers: Record<string, string>
  jar?: string
  /** By which injections follow a cookie that is set anew. */
  cookies?: { names: Record<string, string>; injection_rules: Profile['injection_rules'] } | undefined
  obtained_at: number
  /** From when on it is renewed while it is still good. */
  due_at: number
  expires_at: number
  /** How many in a row were called dead by the target soon after they were made, and let nobody in meanwhile by a retry. */
  deaths: number
  proxy: { origins: string[]; expired?: Expired }
}

/** Whose login at which outside service. */
export interface Target {
  sub: string
  service_id: string
}

export function isNewer(one: Mark, other: Mark | undefined): boolean {
  if (other === undefined) return true
  if (one.profile_id !== other.profile_id) return one.profile_id > other.profile_id
  if (one.generation !== other.generation) return one.generation > other.generation
  return one.login_number > other.login_number
}

export const isSame = (one: Mark, other: Mark | undefined): boolean =>
  other !== undefined && !isNewer(one, other) && !isNewer(other, one)

/** What a context is sealed for: moved to another person or service it does not open. */
export const contextBind = ({ sub, service_id }: Target): string => JSON.stringify([sub, service_id, 'context'])

export const contextKey = ({ sub, service_id }: Target): string => `auth_context:{${sub}:${service_id}}`
export const loginLockKey = ({ sub, service_id }: Target): string => `auth_login_lock:{${sub}:${service_id}}`
