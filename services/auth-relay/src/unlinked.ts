import { createHash } from 'node:crypto'
import type { Store } from '@munjigi/store/store'

const SLACK_MS = 60_000

// Hashed: a messenger's names of people have any characters, and are nobody's business in the store.
function keyOf(clientKey: string, chatbotUserId: string): string {
  const name = createHash('sha256')
    .update(JSON.stringify([clientKey, chatbotUserId]))
    .digest('base64url')
  return `relay_unlinked:{${name}}`
}

/** Ends the logins of this person whose link was made before now, for as long as there can be any. */
export async function markUnlinked(
  store: Store,
  { clientKey, chatbotUserId, stateTtlSeconds }: { clientKey: string; chatbotUserId: string; stateTtlSeconds: number },
): Promise<void> {
  // A login begun in a link's last second may take as long again.
  const lifeMs = 2 * stateTtlSeconds * 1000 + SLACK_MS
  await store.set(keyOf(clientKey, chatbotUserId), String(Math.floor(Date.now() / 1000)), lifeMs)
}

/** Whether the messenger unlinked this person since `iat`, in seconds; in the same second counts as since. */
export async function wasUnlinked(
  store: Store,
  clientKey: string,
  chatbotUserId: string,
  iat: number,
): Promise<boolean> {
  const unlinkedAt = await store.get(keyOf(clientKey, chatbotUserId))
  return unlinkedAt !== undefined && iat <= Number(unlinkedAt)
}
