import { createHash } from 'node:crypto'
import type { Store } from '@munjigi/store/store'
import { type Link, lastLoginMs } from './lit.ts'

// Hashed: a messenger's names of people have any characters, and are nobody's business in the store.
function keyOf(clientKey: string, userId: string): string {
  const name = createHash('sha256')
    .update(JSON.stringify([clientKey, userId]))
    .digest('base64url')
  return `relay_unlinked:{${name}}`
}

/** Ends the logins of this person whose link was made before now, for as long as there can be any. */
export async function markUnlinked(
  store: Store,
  { clientKey, userId, stateTtlSeconds }: { clientKey: string; userId: string; stateTtlSeconds: number },
): Promise<void> {
  const now = Math.floor(Date.now() / 1000)
  await store.set(keyOf(clientKey, userId), String(now), lastLoginMs(stateTtlSeconds))
}

type Asked = Pick<Link, 'client_key' | 'chatbot_user_id' | 'messenger_user_id' | 'iat'>

/** Whether the messenger unlinked this person, by either of their names, since the link was made; in the same second counts as since. */
export async function wasUnlinked(store: Store, asked: Asked): Promise<boolean> {
  const { client_key, chatbot_user_id, messenger_user_id = chatbot_user_id, iat } = asked
  const names = [...new Set([chatbot_user_id, messenger_user_id])]
  const times = await Promise.all(names.map((name) => store.get(keyOf(client_key, name))))
  return times.some((unlinkedAt) => unlinkedAt !== undefined && iat <= Number(unlinkedAt))
}
