import { fileURLToPath } from 'node:url'

const fromRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

export const DATA_FOLDER = fromRoot('.data')
export const CERTS_FOLDER = fromRoot('certs')
export const REALM_FILE = fromRoot('infra/keycloak/munjigi-realm.json')
export const SERVICES_FILE = fromRoot('gateway/services.local.yaml')

/** Of everybody in the realm file. */
export const DEVELOPMENT_PASSWORD = 'munjigi-dev'
