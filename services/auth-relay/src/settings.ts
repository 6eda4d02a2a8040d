import { EnvError } from '@munjigi/env'
import { isConfidential } from './addresses/address.ts'
import type { SettingsEnv } from './env.ts'

export interface RelaySettings {
  /** Without a slash at the end. */
  baseUrl: string
  /** Where the routes stand: the path of `baseUrl`, empty at the root. */
  basePath: string
  jwtSecret: string
  hmacSecret: string
  stateTtlSeconds: number
  callbackTimeoutSeconds: number
  allowUnsignedIssue: boolean
  /** Development secrets and missing signatures are accepted. */
  isDevelopment: boolean
  kakaoAdminKey: string | undefined
}

/** @throws EnvError with what each variable by itself cannot show. */
export function settingsOf(env: SettingsEnv, { development = false } = {}): RelaySettings {
  const faults = []
  if (!URL.canParse(env.BASE_URL)) faults.push('BASE_URL is not usable: no address has such a host or port')
  else if (!isConfidential(env.BASE_URL))
    faults.push('BASE_URL is not usable: plain http is for this machine and private networks')
  if (env.JWT_SECRET === env.RELAY_TO_CHATBOT_HMAC_SECRET) {
    faults.push(
      'JWT_SECRET equals RELAY_TO_CHATBOT_HMAC_SECRET: chatbots, which know the second, could make login links',
    )
  }
  if (faults.length > 0) throw new EnvError(faults)
  const { origin, pathname } = new URL(env.BASE_URL)
  const basePath = pathname.replace(/\/$/, '')
  return {
    baseUrl: origin + basePath,
    basePath,
    jwtSecret: env.JWT_SECRET,
    hmacSecret: env.RELAY_TO_CHATBOT_HMAC_SECRET,
    stateTtlSeconds: env.STATE_TTL_SECONDS,
    callbackTimeoutSeconds: env.CHATBOT_CALLBACK_TIMEOUT_SECONDS,
    allowUnsignedIssue: env.ALLOW_UNSIGNED_ISSUE || development,
    isDevelopment: development,
    kakaoAdminKey: env.KAKAO_ADMIN_KEY,
  }
}
