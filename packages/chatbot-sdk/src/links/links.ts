import type { IncomingHttpHeaders } from 'node:http'
import { type LoginLink, UnlinkNotice } from '@munjigi/contracts/relay'
import { Problem } from '@munjigi/problem'
import type { ChatbotEvent } from '../events.ts'
import type { MessengerNames } from '../messenger-names.ts'
import { notLinked } from '../problems.ts'
import type { Provider } from '../provider.ts'
import { type CallbackTrust, verifyCallback } from '../relay/callback-verification.ts'
import { askForLoginLink, type LoginLinkRequest, type RelayAccess } from '../relay/login-link.ts'
import { readRelayMessage, requireStorable } from '../relay/relay-message.ts'
import { clientMismatch } from '../relay/relay-problems.ts'
import { loginIdOf } from '../tokens-at-rest.ts'
import type { UserMapRow } from '../user-map.ts'
import { endedLogins } from './ended-logins.ts'
import { endLoginOf } from './ended-session.ts'
import { type LinkDeps, linkLogin } from './link-login.ts'
import { verifyLogoutToken } from './logout-token.ts'
import { revocation } from './revocation.ts'
import { unlinkChat } from './unlink.ts'

/** A chat and the person it acts for; `is_alive` says that there are tokens, not that the IdP still takes them. */
interface Link {
  chatbot_user_id: string
  sub: string
  linked_at: Date
  is_alive: boolean
}

/** How chats come to be linked to people, and how that ends. */
export interface Links {
  /** Asks the relay for a login link, 5 s at most. @throws Problem 502 `relay-refused`, 503 `relay-unavailable` */
  issueLoginLink(request: LoginLinkRequest): Promise<LoginLink>
  /** Takes a login that the relay brings, its body as it came. @throws Problem 400, 401, 409, 5xx: what to answer the relay */
  receiveCallback(rawBody: Buffer | string, headers: IncomingHttpHeaders): Promise<Link>
  /** Takes the relay's notice that a person left the messenger: their link goes. @throws Problem 400, 401, 5xx */
  receiveUnlink(rawBody: Buffer | string, headers: IncomingHttpHeaders): Promise<void>
  /** Ends the login that a logout token names (OpenID Connect Back-Channel Logout); the link stays. @throws Problem 400, 5xx */
  receiveLogout(logoutToken: string): Promise<void>
  /** Who the chat is linked to, if anybody. */
  linkOf(chatbotUser: string): Promise<Link | undefined>
  /** The link goes and its login ends at the IdP; false where there was none. @throws Problem 500 `tokens-unreadable` */
  unlink(chatbotUser: string): Promise<boolean>
}

type LinksDeps = CallbackTrust &
  LinkDeps &
  RelayAccess & {
    provider: Pick<Provider, 'revoke'>
    onEvent: (event: ChatbotEvent) => void
    messengerNames?: MessengerNames
  }

export function links(deps: LinksDeps): Links {
  const { userMap, onEvent, messengerNames } = deps
  const revoke = revocation(deps.provider)
  const ended = endedLogins(deps.store, deps.relay.clientKey)
  const unlink = (chatbotUser: string) => unlinkChat(chatbotUser, { ...deps, ended, revoke })

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

  const noticeOfUnlink = async (rawBody: Buffer | string, headers: IncomingHttpHeaders): Promise<string> => {
    const notice = await readRelayMessage(UnlinkNotice, rawBody, headers, deps)
    requireStorable(notice)
    if (notice.client_key !== deps.relay.clientKey) throw clientMismatch()
    return notice.chatbot_user_id
  }

  return {
    async issueLoginLink(request) {
      const issued = await askForLoginLink(request, deps)
      onEvent({ kind: 'login_link_issued' })
      return issued
    },
    async receiveCallback(rawBody, headers) {
      const linked = await reported(link(rawBody, headers))
      onEvent({ kind: 'linked' })
      return linked
    },
    async receiveUnlink(rawBody, headers) {
      const name = await reported(noticeOfUnlink(rawBody, headers))
      const chats = (await messengerNames?.chatsOf(name)) ?? []
      for (const chat of new Set([name, ...chats])) await unlink(chat)
    },
    async receiveLogout(logoutToken) {
      const session = await verifyLogoutToken(logoutToken, deps)
      await endLoginOf(session, { ...deps, revoke }).catch(async (error) => {
        await session.giveBack()
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
