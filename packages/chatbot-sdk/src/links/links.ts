import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { type LoginLink, UnlinkNotice } from '@munjigi/contracts/relay'
import { Problem } from '@munjigi/problem'
import type { Link } from '../chatbot.ts'
import type { ChatbotEvent } from '../events.ts'
import { notLinked } from '../problems.ts'
import type { Provider } from '../provider.ts'
import { type CallbackTrust, verifyCallback } from '../relay/callback-verification.ts'
import { askForLoginLink, type LoginLinkRequest, type RelayAccess } from '../relay/login-link.ts'
import { readRelayMessage, requireStorable } from '../relay/relay-message.ts'
import { clientMismatch } from '../relay/relay-problems.ts'
import { loginIdOf, type OpenedTokens, openTokens, sidOf } from '../tokens-at-rest.ts'
import type { UserMapRow } from '../user-map.ts'
import { endedLogins } from './ended-logins.ts'
import { type LinkDeps, linkLogin } from './link-login.ts'
import { type EndedSession, verifyLogoutToken } from './logout-token.ts'

/** The answer does not wait longer for the IdP to hear of what is over here already. */
const REVOCATION_WAIT_MS = 1_000

/** The chats of people whom the messenger calls otherwise when they leave; the names are the messenger's own word. */
export interface MessengerNames {
  chatsOf(messengerUserId: string): Promise<string[]>
  /** Whoever has this chat is unlinked. */
  forget(chatbotUser: string): Promise<void>
}

type LinksDeps = CallbackTrust &
  LinkDeps &
  RelayAccess & {
    provider: Pick<Provider, 'revoke'>
    onEvent: (event: ChatbotEvent) => void
    messengerNames?: MessengerNames
  }

/** How chats come to be linked to people, and how that ends. */
export function links(deps: LinksDeps) {
  const { userMap, sealing, onEvent, messengerNames } = deps
  const ended = endedLogins(deps.store, deps.relay.clientKey)

  /** Best effort: nobody holds the token any more, and unused it ends by itself. */
  const revoke = async (tokens: OpenedTokens | undefined): Promise<void> => {
    if (tokens === undefined) return
    const revoked = deps.provider.revoke(tokens.refresh_token).catch(() => {})
    await Promise.race([revoked, delay(REVOCATION_WAIT_MS, undefined, { ref: false })])
  }

  const reported = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      onEvent({ kind: 'callback_refused', reason: error instanceof Problem ? error.type : 'failed' })
      throw error
    }
  }

  const linkOf = async (chatbotUser: string): Promise<Link | undefined> => {
    const row = await userMap.findByChat(chatbotUser)
    return row && asLink(row)
  }

  const link = async (rawBody: Buffer | string, headers: IncomingHttpHeaders): Promise<Link> => {
    const login = await verifyCallback(rawBody, headers, deps)
    const loginId = loginIdOf(login.refresh_token)
    // The relay brings a login once more where our answer was lost; who said goodbye meanwhile has not come back.
    if (await ended.has(loginId)) throw notLinked()
    const former = await linkLogin(login, deps)
    const isOver = await ended.has(loginId)
    if (isOver) await userMap.endLogin(login.chatbotUserId, loginId)
    await revoke(former)
    const linked = await linkOf(login.chatbotUserId)
    // Unlinked again by somebody in this very moment: the relay, refused, ends the login it brought.
    if (isOver || linked === undefined) throw notLinked()
    return linked
  }

  const removeLink = async (chatbotUser: string): Promise<boolean> => {
    const held = await userMap.findByChat(chatbotUser)
    // Tokens that cannot be read could not be revoked either: the key is mended first, and nothing is lost until then.
    if (held === undefined) return false
    openTokens(sealing, held)
    // Before the row goes, so that no call-back finds neither. While the store is gone none is taken anyway.
    await ended.add(held.login_id).catch(() => {})
    const removed = await userMap.remove(chatbotUser)
    if (removed === undefined) return false
    onEvent({ kind: 'unlinked' })
    await revoke(openTokens(sealing, removed))
    return true
  }

  const unlink = async (chatbotUser: string): Promise<boolean> => {
    const wasLinked = await removeLink(chatbotUser)
    // Last: a notice that failed half-way comes again, and must find the chat.
    await messengerNames?.forget(chatbotUser)
    return wasLinked
  }

  const noticeOfUnlink = async (rawBody: Buffer | string, headers: IncomingHttpHeaders): Promise<string> => {
    const notice = await readRelayMessage(UnlinkNotice, rawBody, headers, deps)
    requireStorable(notice)
    if (notice.client_key !== deps.relay.clientKey) throw clientMismatch()
    return notice.chatbot_user_id
  }

  const end = async (ended: EndedSession): Promise<void> => {
    const held = await userMap.findBySub(ended.sub)
    const tokens = held && openTokens(sealing, held)
    if (held === undefined || tokens === undefined || !isOf(ended, tokens, held.login_at)) return
    if (!(await userMap.endLogin(held.kakao_id, held.login_id))) return
    onEvent({ kind: 'logged_out' })
    // Keycloak leaves an offline token alive when a browser's session ends (KEYCLOAK.md §10), and nobody holds this one now.
    await revoke(tokens)
  }

  return {
    async issueLoginLink(request: LoginLinkRequest): Promise<LoginLink> {
      const issued = await askForLoginLink(request, deps)
      onEvent({ kind: 'login_link_issued' })
      return issued
    },
    async receiveCallback(rawBody: Buffer | string, headers: IncomingHttpHeaders): Promise<Link> {
      const linked = await reported(link(rawBody, headers))
      onEvent({ kind: 'linked' })
      return linked
    },
    async receiveUnlink(rawBody: Buffer | string, headers: IncomingHttpHeaders): Promise<void> {
      const name = await reported(noticeOfUnlink(rawBody, headers))
      const chats = (await messengerNames?.chatsOf(name)) ?? []
      for (const chat of new Set([name, ...chats])) await unlink(chat)
    },
    async receiveLogout(logoutToken: string): Promise<void> {
      const ended = await verifyLogoutToken(logoutToken, deps)
      await end(ended).catch(async (error) => {
        await ended.giveBack()
        throw error
      })
    },
    linkOf,
    unlink,
  }
}

const asLink = (row: UserMapRow): Link => ({
  chatbot_user_id: row.kakao_id,
  sub: row.keycloak_sub,
  linked_at: row.created_at,
  is_alive: row.refresh_token !== null,
})

/** A logout token that names a session ends the login of that session alone, another one all that began before it. */
function isOf({ sid, iat }: EndedSession, tokens: OpenedTokens, loginAt: Date): boolean {
  const own = sidOf(tokens)
  return sid !== undefined && own !== undefined ? sid === own : loginAt.getTime() <= iat * 1000
}
