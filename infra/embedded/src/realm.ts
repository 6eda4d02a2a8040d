import { fileURLToPath } from 'node:url'
import { addressesOf, type Ports, servicesUrl } from './env.ts'

/** The realm of development, which a Keycloak imports as well; what follows stands in it. */
export const REALM_FILE = fileURLToPath(new URL('../../keycloak/munjigi-realm.json', import.meta.url))
/** Of everybody in it. */
export const DEVELOPMENT_PASSWORD = 'munjigi-dev'
/** As user signs people in, and as relay and chatbot do. */
export const CLIENTS = {
  sso: { id: 'sso', secret: 'dev-sso-secret' },
  'kakao-bot': { id: 'kakao-bot', secret: 'dev-kakao-bot-secret' },
}

/** What the realm file leaves to where a house stands. */
export const realmVariables = (ports: Ports): Record<string, string> => ({
  RELAY_BASE_URL: `${addressesOf(ports).gateway}/api/auth-relay`,
  KAKAO_BOT_LOGOUT_URL: `${servicesUrl(ports)}/api/kakao-bot/backchannel-logout`,
})
