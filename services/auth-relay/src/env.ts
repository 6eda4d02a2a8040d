import { Secret } from '@munjigi/env'
import { serverEnv } from '@munjigi/server/env'
import { storeEnv } from '@munjigi/store/env'
import { type Static, Type } from 'typebox'

/** What the relay is like, wherever it runs: the names of source 001, and ours. */
export const SettingsEnv = Type.Object({
  BASE_URL: Type.String({
    pattern: '^https?://[^/?#@\\\\\\s]+(/[A-Za-z0-9._~-]+)*/?$',
    description: "the relay's public address; its path is where it is mounted",
  }),
  JWT_SECRET: Secret('signs login links, and nothing else'),
  RELAY_TO_CHATBOT_HMAC_SECRET: Secret('signs what chatbots without a hmac_secret of their own are brought'),
  STATE_TTL_SECONDS: Type.Integer({
    default: 600,
    minimum: 30,
    maximum: 86_400,
    description: 'life of a login link, and of a login under way',
  }),
  CHATBOT_CALLBACK_TIMEOUT_SECONDS: Type.Integer({
    default: 8,
    minimum: 1,
    maximum: 25,
    description: 'how long a chatbot may take to accept a login, all tries together',
  }),
  ALLOW_UNSIGNED_ISSUE: Type.Boolean({
    default: false,
    description: 'takes clients without an issue_secret, such as the Python bot',
  }),
  KAKAO_ADMIN_KEY: Type.Optional(Secret("the Kakao app's admin key, which its unlink webhook shows")),
})
export type SettingsEnv = Static<typeof SettingsEnv>

/** What a process of its own needs besides. */
export const Env = Type.Object({
  ...SettingsEnv.properties,
  ...serverEnv(4004),
  ...storeEnv('shared by all relays'),
  CLIENTS_FILE: Type.String({ minLength: 1, description: 'the clients.json' }),
  DEBUG: Type.Boolean({ default: false, description: 'LOG_LEVEL=debug in the words of source 001' }),
})
