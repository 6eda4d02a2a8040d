import type { Keys } from './keys.ts'
import type { Logins } from './logins.ts'
import type { People } from './people.ts'
import type { Realm } from './realm.ts'
import type { Records } from './records.ts'
import type { Tokens } from './tokens.ts'

/** What every endpoint works with. */
export interface Idp {
  /** `<base>/realms/<realm>`, without a slash at its end. */
  issuer: string
  realm: Realm
  people: People
  logins: Logins
  keys: Keys
  tokens: Tokens
  records: Records
}
