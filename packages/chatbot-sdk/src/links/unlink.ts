import type { KeyRing } from '@munjigi/sealing/fernet'
import type { ChatbotEvent } from '../events.ts'
import type { MessengerNames } from '../messenger-names.ts'
import { openTokens } from '../tokens-at-rest.ts'
import type { UserMap } from '../user-map.ts'
import type { EndedLogins } from './ended-logins.ts'
import type { Revoke } from './revocation.ts'

interface UnlinkParts {
  userMap: Pick<UserMap, 'findByChat' | 'remove'>
  messengerNames?: MessengerNames
  sealing: KeyRing
  ended: EndedLogins
  revoke: Revoke
  onEvent: (event: ChatbotEvent) => void
}

/** Removes the link of a chat and ends its login at the IdP; false where there was none. @throws Problem 500 `tokens-unreadable` */
export async function unlinkChat(chatbotUser: string, parts: UnlinkParts): Promise<boolean> {
  const wasLinked = await removeLink(chatbotUser, parts)
  // Last: a notice that failed half-way comes again, and must find the chat.
  await parts.messengerNames?.forget(chatbotUser)
  return wasLinked
}

async function removeLink(
  chatbotUser: string,
  { userMap, sealing, ended, revoke, onEvent }: UnlinkParts,
): Promise<boolean> {
  const held = await userMap.findByChat(chatbotUser)
  if (held === undefined) return false
  // Tokens that cannot be read could not be revoked either: the key is mended first, and nothing is lost until then.
  openTokens(sealing, held)
  // Before the row goes, so that no call-back finds neither. While the store is gone none is taken anyway.
  await ended.add(held.login_id).catch(() => {})
  const removed = await userMap.remove(chatbotUser)
  if (removed === undefined) return false
  onEvent({ kind: 'unlinked' })
  await revoke(openTokens(sealing, removed))
  return true
}
