import type { KeyRing } from '@munjigi/sealing/fernet'
import type { Store } from '@munjigi/store/store'
import { type AsPerson, asPerson } from './calls/as-person.ts'
import { exchanges } from './calls/exchange.ts'
import { createGateway } from './calls/gateway-fetch.ts'
import type { ChatbotEvent } from './events.ts'
import { idpVerifier } from './idp-verifier.ts'
import { type Links, links } from './links/links.ts'
import type { MessengerNames } from './messenger-names.ts'
import { createProvider, type ExchangeTarget, type ProviderSettings } from './provider.ts'
import { announcedUserMap, heedAnnouncements } from './renewal/announced-user-map.ts'
import { type KeepAliveOutcome, keepAlive } from './renewal/keep-alive.ts'
import { loginMemory } from './renewal/login-memory.ts'
import { createRenewal } from './renewal/renewal.ts'
import { requireStored } from './renewal/stored-login.ts'
import { claimsOf } from './token-claims.ts'
import type { UserMap } from './user-map.ts'

export interface ChatbotOptions {
  relay: { url: string; clientKey: string; hmacSecret: string; issueSecret?: string }
  idp: ProviderSettings
  /** Where the relay brings logins. */
  callbackUrl: string
  gatewayUrl: string
  /** PEM text of the authority that signed the gateway's certificate. */
  gatewayCa?: string
  /** Modules that ask for a token of their own (RFC 8693). */
  services?: Record<string, ExchangeTarget>
  userMap: UserMap
  messengerNames?: MessengerNames
  /** Seals tokens at rest: `keyRing(TOKEN_ENCRYPTION_KEY)`. */
  sealing: KeyRing
  /** Nonces that are taken once, and the messages that drop remembered logins. */
  store: Store
  /** Milliseconds; `Date.now` by default. */
  now?: () => number
  onEvent?: (event: ChatbotEvent) => void
}

export interface Chatbot extends Links {
  /** Calls modules through the gateway in the name of whoever this chat is linked to. */
  as(chatbotUser: string): AsPerson
  /**
   * What the person's access token says of them: it was verified when it came.
   * @throws Problem 401 `not-linked`, `login-ended`; 500 `tokens-unreadable`
   */
  claimsOf(chatbotUser: string): Promise<Record<string, unknown>>
  /** Refreshes logins that nobody used for 20 days; run it daily. */
  keepAlive(options?: { signal?: AbortSignal }): Promise<KeepAliveOutcome>
  /** Lets calls and renewals that are under way finish and stops `keepAlive`. The store and the user map stay the caller's. */
  close(): Promise<void>
}

/** What a chatbot server needs to act for people who logged in once. */
export function createChatbot(options: ChatbotOptions): Chatbot {
  const { idp, store, sealing, now = Date.now, onEvent = () => {} } = options
  const memory = loginMemory()
  const userMap = announcedUserMap(options.userMap, memory, store)
  const provider = createProvider(idp)
  const gateway = createGateway(options)
  const verifier = idpVerifier({ ...idp, loadKeys: provider.loadKeys, now })
  const renewal = createRenewal({ userMap, memory, sealing, provider, now, emit: onEvent })
  const exchange = exchanges({ provider, now, emit: onEvent })
  const targets = new Map(Object.entries(options.services ?? {}))
  const person = { gateway, renewal, exchange, targets, now, emit: onEvent }
  const announcements = heedAnnouncements(store, memory)
  // A store that is closed announces nothing: what is remembered ends after 5 s.
  announcements.catch(() => {})
  const closing = new AbortController()
  const runs = new Set<Promise<KeepAliveOutcome>>()

  function runKeepAlive(signal: AbortSignal = closing.signal): Promise<KeepAliveOutcome> {
    const run = keepAlive({ userMap, renewal, now }, AbortSignal.any([closing.signal, signal])).finally(() =>
      runs.delete(run),
    )
    runs.add(run)
    return run
  }

  let closed: Promise<void> | undefined
  async function close(): Promise<void> {
    closing.abort()
    verifier.close()
    await Promise.allSettled(runs)
    await renewal.settled()
    await gateway.close()
    await announcements.then((subscription) => subscription.close()).catch(() => {})
  }

  return {
    ...links({
      ...options,
      userMap,
      provider,
      verifier,
      dispatcher: gateway.dispatcher,
      isAlive: renewal.isAlive,
      now,
      onEvent,
    }),
    as: (chatbotUser) => asPerson(person, chatbotUser),
    async claimsOf(chatbotUser) {
      const { access_token } = await requireStored(userMap, sealing, chatbotUser)
      return claimsOf(access_token) ?? {}
    },
    keepAlive: ({ signal } = {}) => runKeepAlive(signal),
    close() {
      closed ??= close()
      return closed
    },
  }
}
