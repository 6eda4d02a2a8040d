import type { KeyRing } from '@munjigi/sealing/fernet'
import type { Store } from '@munjigi/store/store'
import type { ChatbotEvent } from './events.ts'
import type { UserMap } from './user-map.ts'

export interface ChatbotOptions {
  relay: { url: string; clientKey: string; hmacSecret: string; issueSecret?: string }
  /** `backchannelUrl` is the origin under which this server reaches `issuer`, where it is another. */
  idp: { issuer: string; clientId: string; clientSecret: string; backchannelUrl?: string }
  /** Where the relay brings logins. */
  callbackUrl: string
  gatewayUrl: string
  /** PEM text of the authority that signed the gateway's certificate. */
  gatewayCa?: string
  /** Modules that ask for a token of their own audience (RFC 8693). */
  services?: Record<string, { audience: string }>
  userMap: UserMap
  /** Seals tokens at rest: `keyRing(TOKEN_ENCRYPTION_KEY)`. */
  sealing: KeyRing
  /** Nonces that are taken once, and the messages that drop remembered logins. */
  store: Store
  /** Milliseconds; `Date.now` by default. */
  now?: () => number
  onEvent?: (event: ChatbotEvent) => void
}

/** A chat and the person it acts for; `is_alive` says that there are tokens, not that the IdP still takes them. */
export interface Link {
  chatbot_user_id: string
  sub: string
  linked_at: Date
  is_alive: boolean
}
