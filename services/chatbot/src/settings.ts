import { readFileSync } from 'node:fs'
import type { ChatbotOptions } from '@munjigi/chatbot-sdk/chatbot'
import { listOf } from '@munjigi/env'
import { type KeyRing, keyRing } from '@munjigi/sealing/fernet'
import { checkEnv, type SettingsEnv } from './env.ts'
import type { EventApiSettings } from './kakao/event-api.ts'

type Party = ChatbotOptions['idp']

interface NoticeSettings {
  /** HH:MM in Korea. */
  at: string
  client: { clientId: string; clientSecret: string }
  eventApi: EventApiSettings
}

export interface ChatbotSettings {
  /** Of all our routes, without a slash at its end. */
  path: string
  callbackUrl: string
  relay: ChatbotOptions['relay']
  idp: Party
  sealing: KeyRing
  gatewayUrl: string
  gatewayCa: string | undefined
  skill: { secret: string; botId: string; callbackHosts: ReadonlySet<string> }
  loginImageUrl: string | undefined
  /** Undefined where nobody is sent the day's menus. */
  notices: NoticeSettings | undefined
}

/**
 * What the service is built from; `development` alone permits an Event API without TLS.
 * @throws EnvError where variables do not go together, a key is not usable or a named file cannot be read.
 */
export function settingsOf(env: SettingsEnv, options: { development?: boolean } = {}): ChatbotSettings {
  checkEnv(env, options)
  const baseUrl = env.BASE_URL.replace(/\/+$/, '')
  return {
    path: new URL(baseUrl).pathname.replace(/\/+$/, ''),
    callbackUrl: `${baseUrl}/users/callback`,
    relay: {
      url: env.RELAY_URL.replace(/\/+$/, ''),
      clientKey: env.CLIENT_KEY,
      hmacSecret: env.RELAY_TO_CHATBOT_HMAC_SECRET,
      ...(env.RELAY_ISSUE_SECRET !== undefined && { issueSecret: env.RELAY_ISSUE_SECRET }),
    },
    idp: {
      issuer: env.IDP_ISSUER,
      clientId: env.IDP_CLIENT_ID,
      clientSecret: env.IDP_CLIENT_SECRET,
      ...(env.IDP_BACKCHANNEL_URL !== undefined && { backchannelUrl: env.IDP_BACKCHANNEL_URL }),
    },
    sealing: keyRing(env.TOKEN_ENCRYPTION_KEY),
    gatewayUrl: env.GATEWAY_URL.replace(/\/+$/, ''),
    gatewayCa: env.GATEWAY_CA_FILE === undefined ? undefined : readFileSync(env.GATEWAY_CA_FILE, 'utf8'),
    skill: {
      secret: env.KAKAO_SKILL_SECRET,
      botId: env.KAKAO_BOT_ID,
      callbackHosts: new Set(listOf(env.KAKAO_CALLBACK_HOSTS)),
    },
    loginImageUrl: env.KAKAO_LOGIN_IMAGE_URL,
    notices: noticesOf(env),
  }
}

function noticesOf(env: SettingsEnv): NoticeSettings | undefined {
  if (env.NOTICE_AT === undefined) return undefined
  return {
    at: env.NOTICE_AT,
    client: { clientId: env.NOTICE_CLIENT_ID as string, clientSecret: env.NOTICE_CLIENT_SECRET as string },
    eventApi: {
      url: env.KAKAO_EVENT_API_URL,
      botId: env.KAKAO_BOT_ID,
      restApiKey: env.KAKAO_REST_API_KEY as string,
    },
  }
}
