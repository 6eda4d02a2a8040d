import type { Verifier } from '@munjigi/identity/verifier'
import type { Store } from '@munjigi/store/store'
import type { Kysely } from 'kysely'
import type { AccessEvents } from './access-events.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import type { Outbox } from './notices/outbox.ts'
import type { Sender } from './notices/sender.ts'
import type { Settings } from './settings.ts'
import type { Idp } from './sso/idp.ts'
import type { Tables } from './tables.ts'

/** What the routes of this service need. */
export interface UserDeps {
  db: Kysely<Tables>
  store: Store
  settings: Settings
  keys: SigningKeys
  events: AccessEvents
  verifier: Verifier
  idp: Idp
  outbox: Outbox
  sender: Sender
}

/** What the routes of administration need, each in the folder of its subject. */
export type AdminDeps = Pick<UserDeps, 'db' | 'events'>
