import type { Store } from '@munjigi/store/store'
import { MESSAGE_LIFE_MS } from '../relay/relay-message.ts'

export interface EndedLogins {
  add(loginId: string): Promise<void>
  has(loginId: string): Promise<boolean>
}

/** Logins that were unlinked here, by their `login_id`, for as long as the relay may still bring them once more. */
export function endedLogins(store: Store, clientKey: string): EndedLogins {
  const keyOf = (loginId: string) => `ended-login:${clientKey}:${loginId}`
  return {
    add: (loginId) => store.set(keyOf(loginId), '1', MESSAGE_LIFE_MS),
    has: async (loginId) => (await store.get(keyOf(loginId))) !== undefined,
  }
}
