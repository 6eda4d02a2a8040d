import { ACCESS_CHANNEL, readAccessMessage } from '@munjigi/contracts/access'
import type { Store, Subscription } from '@munjigi/store/store'
import type { FastifyBaseLogger } from 'fastify'
import type { RememberedRoles } from './remembered-roles.ts'

/** Hears on `munjigi:access` whose rights changed, and forgets the case roles remembered of them (DESIGN §4.6). */
export function hearRoleChanges(
  store: Pick<Store, 'subscribe'>,
  roles: RememberedRoles,
  log: Pick<FastifyBaseLogger, 'warn'>,
): Promise<Subscription> {
  return store.subscribe(ACCESS_CHANNEL, {
    message(text) {
      const message = readAccessMessage(text)
      if (message === undefined) log.warn('unreadable message about changed access: every case role is forgotten')
      // Each name of a person is announced by itself; people are remembered here by the platform's.
      if (message !== undefined && 'sub' in message) roles.drop(message.sub)
      else if (message === undefined || 'all' in message) roles.dropAll()
    },
    // Messages sent before this are lost.
    ready: roles.dropAll,
  })
}
