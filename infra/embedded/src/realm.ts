import { fileURLToPath } from 'node:url'

/** The realm of development, which a Keycloak imports as well; what follows stands in it. */
export const REALM_FILE = fileURLToPath(new URL('../../keycloak/munjigi-realm.json', import.meta.url))
/** Of everybody in it. */
export const DEVELOPMENT_PASSWORD = 'munjigi-dev'
/** As user signs people in. */
export const SSO_CLIENT = { clientId: 'sso', clientSecret: 'dev-sso-secret' }
