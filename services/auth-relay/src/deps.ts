import type { Store } from '@munjigi/store/store'
import type { RelayClients } from './clients/clients.ts'
import type { RelaySettings } from './settings.ts'

/** What the routes of the relay stand on. */
export interface RelayDeps {
  store: Store
  settings: RelaySettings
  clients: RelayClients
}
