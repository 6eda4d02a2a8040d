import { Problem } from '@munjigi/problem'
import type { KeyRing } from '@munjigi/sealing/fernet'
import type { BroughtLogin } from '../relay/callback-verification.ts'
import { chatLinkedElsewhere, olderLogin, subLinkedElsewhere } from '../relay/relay-problems.ts'
import { newLink, type OpenedTokens, openTokens, sidOf } from '../tokens-at-rest.ts'
import type { NewLink, UserMap, UserMapRow } from '../user-map.ts'

/** Somebody else changes the row between two looks at it so often and no more. */
const ROUNDS = 3

export interface LinkDeps {
  userMap: UserMap
  sealing: KeyRing
  /** Whether the login of this chat still works, by a real refresh. */
  isAlive(chatbotUser: string): Promise<boolean>
  now: () => number
}

/**
 * Links a chat to the person who logged in. What comes back is what it held of that person before, if that was another login.
 * @throws Problem 409 `sub-linked-elsewhere`, `chat-linked-elsewhere`, `older-login`; 500 `tokens-unreadable`, and nothing is overwritten
 */
export async function linkLogin(login: BroughtLogin, deps: LinkDeps): Promise<OpenedTokens | undefined> {
  const link = newLink(deps.sealing, login, deps.now())
  const held = await deps.userMap.findByChat(link.kakao_id)
  const former = openOwn(held, login, deps)
  const outcome = await bind(link, deps)
  // Logins of one session at the IdP end together: refused, the older would be ended by the relay, and the newer with it.
  if (outcome === 'older' && sessionsOf(await heldBy(login, deps), login) !== 'one') throw olderLogin()
  if (outcome === 'older' || held?.login_id === link.login_id) return undefined
  return sessionsOf(former, login) === 'two' ? former : undefined
}

const heldBy = async (login: BroughtLogin, deps: LinkDeps) =>
  openOwn(await deps.userMap.findByChat(login.chatbotUserId), login, deps)

const openOwn = (row: UserMapRow | undefined, { sub }: BroughtLogin, { sealing }: LinkDeps) =>
  row?.keycloak_sub === sub ? openTokens(sealing, row) : undefined

function sessionsOf(held: OpenedTokens | undefined, login: BroughtLogin): 'one' | 'two' | 'unknown' {
  const sids = [held && sidOf(held), sidOf(login)]
  if (sids.includes(undefined)) return 'unknown'
  return sids[0] === sids[1] ? 'one' : 'two'
}

async function bind(link: NewLink, deps: LinkDeps): Promise<'linked' | 'older'> {
  for (let round = 0; round < ROUNDS; round++) {
    const outcome = await tryToBind(link, deps)
    if (outcome === 'linked' || outcome === 'older') return outcome
    if (outcome === 'sub-taken') throw subLinkedElsewhere()
  }
  throw chatLinkedElsewhere()
}

async function tryToBind(link: NewLink, { userMap, isAlive }: LinkDeps) {
  const outcome = await userMap.link(link)
  if (outcome !== 'chat-taken') return outcome
  if (await mayReturn(link.kakao_id, isAlive)) throw chatLinkedElsewhere()
  const former = await userMap.findByChat(link.kakao_id)
  return former === undefined ? 'changed' : userMap.rebind(link, former.keycloak_sub)
}

/** A disabled account's login works again when the account does (KEYCLOAK.md, fact 6). */
async function mayReturn(chatbotUser: string, isAlive: LinkDeps['isAlive']): Promise<boolean> {
  try {
    return await isAlive(chatbotUser)
  } catch (error) {
    if (error instanceof Problem && error.type === 'login-disabled') return true
    throw error
  }
}
