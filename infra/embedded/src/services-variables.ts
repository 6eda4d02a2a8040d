import type { Certificate } from './development-certificate.ts'
import type { Addresses } from './guide.ts'
import type { Secrets } from './secrets.ts'

/** The bot at the messenger that stands before this house. */
export const BOT_ID = 'munjigi-house'

/** Where people sign in, and what user and the chatbot are there. */
export interface HouseIdp {
  issuer: string
  clients: Record<'sso' | 'kakao-bot', { id: string; secret: string }>
}

interface Given {
  idp: HouseIdp
  certificate: Certificate
  addresses: Addresses
  /** Of the host of all services. */
  url: string
  secrets: Secrets
  /** What session-station may call besides the house's own outside service. */
  egressAllow?: string
}

/** Variables of the services, by name; `<SERVICE>_<NAME>` where two mean different things by one name. */
export function servicesVariables(given: Given): Record<string, string> {
  const { idp, certificate, addresses, url, secrets, egressAllow = '' } = given
  const { gateway, console: frontend } = addresses
  const { sso, 'kakao-bot': bot } = idp.clients
  return {
    USER_SEALING_KEY: secrets.sealingKey,
    INTERNAL_KEYS: `gateway:${secrets.internalKey},case:${secrets.caseKey}`,
    PLATFORM_ISSUER: gateway,
    FRONTEND_BASE_URL: frontend,
    SP_REDIRECT_URL: `${gateway}/api/auth/callback/`,
    IDP_ISSUER: idp.issuer,
    USER_IDP_CLIENT_ID: sso.id,
    USER_IDP_CLIENT_SECRET: sso.secret,
    INITIAL_ADMIN_IDS: 'admin.park',

    AUTH_RELAY_BASE_URL: `${gateway}/api/auth-relay`,
    JWT_SECRET: secrets.linkKey,
    RELAY_TO_CHATBOT_HMAC_SECRET: secrets.relayKey,
    KAKAO_ADMIN_KEY: secrets.messengerKey,
    KAKAO_BOT__SECRETS: bot.secret,

    // Relay and chatbot are neighbours: between them the gateway's certificate would have to be trusted.
    CHATBOT_BASE_URL: `${url}/api/kakao-bot`,
    RELAY_URL: `${url}/api/auth-relay`,
    RELAY_ISSUE_SECRET: secrets.issueKey,
    CHATBOT_IDP_CLIENT_ID: bot.id,
    CHATBOT_IDP_CLIENT_SECRET: bot.secret,
    TOKEN_ENCRYPTION_KEY: secrets.tokenKey,
    GATEWAY_URL: gateway,
    GATEWAY_CA_FILE: certificate.certFile,
    KAKAO_SKILL_SECRET: secrets.skillKey,
    KAKAO_BOT_ID: BOT_ID,

    SESSION_STATION_ENCRYPTION_KEY: secrets.stationKey,
    EGRESS_ALLOW: [new URL(addresses.outside).host, egressAllow].join(),
  }
}
