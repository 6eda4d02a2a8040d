import { readFileSync } from 'node:fs'
import { databaseEnv } from '@munjigi/db/env'
import { EnvError, listOf, Secret } from '@munjigi/env'
import { keyRingFaults } from '@munjigi/sealing/fernet'
import { serverEnv } from '@munjigi/server/env'
import { storeEnv } from '@munjigi/store/env'
import { type Static, Type } from 'typebox'
import { SERVING_ROLE } from './migrations/plan.ts'

const Url = (description: string) => Type.String({ pattern: '^https?://[^/?#@]+[^?#]*$', description })

/** What the chatbot is like, wherever it runs. */
export const SettingsEnv = Type.Object({
  BASE_URL: Url('where the relay reaches us: our routes stand under its path'),
  RELAY_URL: Url('where auth-relay answers'),
  CLIENT_KEY: Type.String({ default: 'kakao-bot', minLength: 1, description: 'our key in its clients.json' }),
  RELAY_TO_CHATBOT_HMAC_SECRET: Secret('what auth-relay signs its call-backs with'),
  RELAY_ISSUE_SECRET: Type.Optional(Secret('what we sign our questions for login links with')),

  IDP_ISSUER: Url('the IdP, found by discovery'),
  IDP_CLIENT_ID: Type.String({ minLength: 1, description: 'the client whose tokens auth-relay brings' }),
  IDP_CLIENT_SECRET: Type.String({ minLength: 1 }),
  IDP_BACKCHANNEL_URL: Type.Optional(Url('origin under which this service reaches IDP_ISSUER, where it is another')),
  TOKEN_ENCRYPTION_KEY: Secret('keys of 32 bytes in URL-safe base64, comma-separated, the first seals'),

  GATEWAY_URL: Url('where the gateway answers'),
  GATEWAY_CA_FILE: Type.Optional(Type.String({ description: "the authority of the gateway's certificate, PEM" })),

  KAKAO_SKILL_SECRET: Secret("the header x-kakao-skill-secret in Kakao's skill settings"),
  KAKAO_BOT_ID: Type.String({ pattern: '^[0-9A-Za-z_-]+$', description: 'our bot at Kakao' }),
  KAKAO_CALLBACK_HOSTS: Type.String({
    default: 'bot-api.kakao.com',
    description: 'hosts whose callback URLs are answered, host or host:port, comma-separated',
  }),
  KAKAO_LOGIN_IMAGE_URL: Type.Optional(
    Type.String({ pattern: '^https://', description: 'the picture of the card that asks to log in, 2:1' }),
  ),
  KAKAO_EVENT_API_URL: Type.String({
    default: 'https://bot-api.kakao.com',
    pattern: '^https?://[^/?#@]+$',
    description: "Kakao's Event API, for notices",
  }),
  KAKAO_REST_API_KEY: Type.Optional(Type.String({ minLength: 1, description: 'needed with NOTICE_AT' })),
  NOTICE_AT: Type.Optional(
    Type.String({
      pattern: '^([01]\\d|2[0-3]):[0-5]\\d$',
      description: "HH:MM in Korea from which on the day's menus are sent to who asked; absent: never",
    }),
  ),
  NOTICE_CLIENT_ID: Type.Optional(Type.String({ minLength: 1, description: 'needed with NOTICE_AT' })),
  NOTICE_CLIENT_SECRET: Type.Optional(Type.String({ minLength: 1, description: 'needed with NOTICE_AT' })),
})
export type SettingsEnv = Static<typeof SettingsEnv>

/** What a process of its own needs besides. */
export const Env = Type.Object({
  ...SettingsEnv.properties,
  ...serverEnv(4005),
  ...databaseEnv(SERVING_ROLE),
  ...storeEnv('shared by the processes of this service'),
})

const NEEDED_FOR_NOTICES = ['KAKAO_REST_API_KEY', 'NOTICE_CLIENT_ID', 'NOTICE_CLIENT_SECRET'] as const

/** @throws EnvError listing what each variable by itself cannot show. */
export function checkEnv(env: SettingsEnv, options: { development?: boolean } = {}): void {
  const faults: string[] = []
  if (env.NOTICE_AT !== undefined)
    for (const name of NEEDED_FOR_NOTICES)
      if (env[name] === undefined) faults.push(`${name} is missing: NOTICE_AT needs it`)
  if (options.development !== true && env.KAKAO_EVENT_API_URL.startsWith('http:'))
    faults.push('KAKAO_EVENT_API_URL must be https: our key at Kakao goes there')
  for (const host of listOf(env.KAKAO_CALLBACK_HOSTS))
    if (URL.parse(`https://${host}`)?.host !== host)
      faults.push(`KAKAO_CALLBACK_HOSTS: "${host}" is not a host or host:port in lower case`)
  faults.push(...keyRingFaults('TOKEN_ENCRYPTION_KEY', env.TOKEN_ENCRYPTION_KEY), ...fileFaults(env.GATEWAY_CA_FILE))
  if (faults.length > 0) throw new EnvError(faults)
}

function fileFaults(path: string | undefined): string[] {
  try {
    if (path !== undefined) readFileSync(path)
    return []
  } catch {
    return [`GATEWAY_CA_FILE is not usable: ${path} cannot be read`]
  }
}
