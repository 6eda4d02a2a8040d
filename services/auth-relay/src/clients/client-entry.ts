import { type Static, Type } from 'typebox'

const Text = (description: string) => Type.String({ minLength: 1, description })

/** One client of clients.json: source 001's keys, the two lists, and ours. */
export const ClientEntry = Type.Object({
  server_url: Text('where the relay reaches the identity provider'),
  realm: Text("the realm's name"),
  issuer: Text('iss of its tokens, letter by letter'),
  client_id: Text('the client id at the identity provider'),
  client_secret: Text('the secret at the identity provider'),
  redirect_uri: Text('{BASE_URL}/oidc/callback'),
  scope: Text('openid offline_access, and what else the tokens shall carry'),
  callback_url_allowlist: Type.Array(Type.String(), {
    minItems: 1,
    description: 'a list of the whole addresses that logins may be brought to',
  }),
  redirect_after_allowlist: Type.Optional(
    Type.Array(Type.String(), { description: 'a list of paths that a login may end at, or below' }),
  ),
  hmac_secret: Type.Optional(Text('signs what this chatbot is brought, instead of RELAY_TO_CHATBOT_HMAC_SECRET')),
  issue_secret: Type.Optional(Text('signs what this chatbot asks of the relay')),
  confirm: Type.Optional(Type.Boolean({ description: 'true or false' })),
  unlink_url: Type.Optional(Text('the address that is told when the messenger unlinks a person')),
})
export type ClientEntry = Static<typeof ClientEntry>
