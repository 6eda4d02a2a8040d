import { type Static, Type } from 'typebox'

const Url = Type.String({ minLength: 1, maxLength: 2048 })
/** The name of a person at the messenger, as the chatbot knows it: any text, written raw where it is signed. */
const ChatbotUserId = Type.String({ minLength: 1, maxLength: 255 })
const ClientKey = Type.String({ minLength: 1, maxLength: 100, description: 'a key of clients.json' })
/** Within 300 s of the receiver's clock, in whole seconds. */
const Ts = Type.Integer()
/** Taken once by the receiver; how it is made is the sender's business. */
const Nonce = Type.String({ minLength: 1, maxLength: 128 })

/** What a signature may differ from its receiver's clock, either way. */
export const SIGNED_WITHIN_SECONDS = 300

/** A chatbot's `POST /issue_login_link` (source 001); `ts` and `nonce` where the client signs. Unknown fields are left out of account. */
export const NewLoginLink = Type.Object({
  chatbot_user_id: ChatbotUserId,
  messenger_user_id: Type.Optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
  callback_url: Url,
  client_key: ClientKey,
  redirect_after: Type.Optional(Type.Union([Type.String({ maxLength: 2048 }), Type.Null()])),
  display_name: Type.Optional(Type.Union([Type.String({ maxLength: 100 }), Type.Null()])),
  ts: Type.Optional(Ts),
  nonce: Type.Optional(Nonce),
})
export type NewLoginLink = Static<typeof NewLoginLink>

/** `expires_in` in seconds. */
export const LoginLink = Type.Object({ login_link: Type.String(), expires_in: Type.Integer() })
export type LoginLink = Static<typeof LoginLink>

/** What the relay brings a chatbot after a login: these ten fields and no other (DESIGN §6, §14.2). */
export const RelayCallback = Type.Object(
  {
    issuer: Type.String({ minLength: 1 }),
    aud: Type.String({ minLength: 1, description: 'the client id at the IdP' }),
    chatbot_user_id: ChatbotUserId,
    client_key: ClientKey,
    relay_access_token: Type.String({ minLength: 1 }),
    offline_refresh_token: Type.String({ minLength: 1 }),
    expires_in: Type.Integer({ minimum: 0, description: 'of the access token, in seconds' }),
    refresh_expires_in: Type.Integer({ minimum: 0, description: 'of the offline token, in seconds; 0: no end' }),
    ts: Ts,
    nonce: Nonce,
  },
  { additionalProperties: false },
)
export type RelayCallback = Static<typeof RelayCallback>

/**
 * What the relay tells a client's `unlink_url` when the messenger says that a person left, signed as the call-back is. The
 * name is the messenger's: a `chatbot_user_id` or a `messenger_user_id` of NewLoginLink.
 */
export const UnlinkNotice = Type.Object(
  {
    event: Type.Literal('unlink'),
    client_key: ClientKey,
    chatbot_user_id: ChatbotUserId,
    ts: Ts,
    nonce: Nonce,
  },
  { additionalProperties: false },
)
export type UnlinkNotice = Static<typeof UnlinkNotice>
