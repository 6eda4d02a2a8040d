import type { SealedText } from '@munjigi/sealing/sealed-text'
import type { Kysely } from 'kysely'
import type { Contexts } from './contexts/contexts.ts'
import type { Egress } from './egress/egress.ts'
import type { CountLogin } from './metrics.ts'
import type { Tables } from './tables.ts'

/** What the routes of this service stand on. */
export interface StationDeps {
  db: Kysely<Tables>
  /** Seals nothing before the database was seen to be written under the same keys. */
  sealing: SealedText
  egress: Egress
  contexts: Contexts
  /** Milliseconds. */
  now: () => number
  countLogin: CountLogin
  /** Test logins under way, by the names of their contexts. */
  testing: Set<string>
}
