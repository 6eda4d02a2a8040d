import type { KeyRing } from '@munjigi/sealing/fernet'
import type { ChatbotEvent } from '../events.ts'
import { type OpenedTokens, openTokens, sidOf } from '../tokens-at-rest.ts'
import type { UserMap } from '../user-map.ts'
import type { EndedSession } from './logout-token.ts'
import type { Revoke } from './revocation.ts'

interface EndingParts {
  userMap: Pick<UserMap, 'findBySub' | 'endLogin'>
  sealing: KeyRing
  revoke: Revoke
  onEvent: (event: ChatbotEvent) => void
}

/** Clears the login of a session that ended at the IdP; the link stays, and a later login of the person too. */
export async function endLoginOf(session: EndedSession, parts: EndingParts): Promise<void> {
  const { userMap, sealing, revoke, onEvent } = parts
  const held = await userMap.findBySub(session.sub)
  const tokens = held && openTokens(sealing, held)
  if (held === undefined || tokens === undefined || !isOf(session, tokens, held.login_at)) return
  if (!(await userMap.endLogin(held.kakao_id, held.login_id))) return
  onEvent({ kind: 'logged_out' })
  // Keycloak leaves an offline token alive when a browser's session ends (KEYCLOAK.md §10), and nobody holds this one now.
  await revoke(tokens)
}

/** A logout token that names a session ends the login of that session alone, another one all that began before it. */
function isOf({ sid, iat }: EndedSession, tokens: OpenedTokens, loginAt: Date): boolean {
  const own = sidOf(tokens)
  return sid !== undefined && own !== undefined ? sid === own : loginAt.getTime() <= iat * 1000
}
