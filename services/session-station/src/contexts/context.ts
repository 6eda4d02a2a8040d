import type { Injection } from '@munjigi/contracts/auth-profiles'
import type { Expired } from '../profiles/profile.ts'

/** A login that can be used: what lies sealed in Redis and in PostgreSQL. All that a call needs is in it. Times are epochs in ms. */
export interface Context {
  /** Of the profile it was made from. A higher one is newer whatever the login number. */
  generation: number
  /** Of the login, counted by PostgreSQL when it begins (the fencing token). */
  login_number: number
  fields: Record<string, string>
  injections: Injection[]
  /** Injections into header and cookie as one flat object, equal names merged. */
  headers: Record<string, string>
  jar?: string
  obtained_at: number
  /** From when on it is renewed while it is still good. */
  due_at: number
  expires_at: number
  proxy: { origins: string[]; expired?: Expired }
}
