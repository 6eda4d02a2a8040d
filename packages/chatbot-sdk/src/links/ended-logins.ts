import type { Store } from '@munjigi/store/store'
import { MESSAGE_LIFE_MS } from '../relay/relay-message.ts'

/** Logins that were unlinked here, by their `login_id`, for as long as the relay may still bring them once more. */
export const endedLogins = (store: Store, clientKey: string) => {
  const keyOf = (loginId: string) => `ended-login:${clientKey}:${loginId}`
  return {
    add: (loginId: string) => store.set(keyOf(loginId), '1', MESSAGE_LIFE_MS),
    has: async (loginId: string) => (await store.get(keyOf(loginId))) !== undefined,
  }
}
