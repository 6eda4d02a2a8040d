import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Administration } from '@munjigi/dev-idp/administration'
import { startDevIdp } from '@munjigi/dev-idp/dev-idp'
import { callAdminApi, type Keycloak } from './keycloak-admin-api.ts'
import { keycloakAdministration } from './keycloak-administration.ts'
import type { RealmFile } from './own-realm.ts'

export const REALM_FILE = fileURLToPath(new URL('../../../infra/keycloak/munjigi-realm.json', import.meta.url))
const SHARED_REALM = 'munjigi'
/** Longer than any machine stands still. */
const CONNECT_LIMIT_MS = 240_000

interface ServedRealm extends Administration {
  issuer: string
  close(): Promise<void>
}

/** Serves a realm, by default the one of development that test files share, on Keycloak where there is one, else on dev-idp. */
export function serveRealm(own?: RealmFile): Promise<ServedRealm> {
  // Issuers say localhost: after 250 ms in which this process stood still ::1 would be tried, where nobody listens.
  setDefaultAutoSelectFamilyAttemptTimeout(CONNECT_LIMIT_MS)
  const { MUNJIGI_TEST_KEYCLOAK_URL, MUNJIGI_TEST_KEYCLOAK_ADMIN, MUNJIGI_TEST_KEYCLOAK_PASSWORD } = process.env
  if (!MUNJIGI_TEST_KEYCLOAK_URL) return own ? devIdpWith(own) : startDevIdp({ realmFile: REALM_FILE, port: 0 })
  const keycloak = {
    url: MUNJIGI_TEST_KEYCLOAK_URL,
    admin: MUNJIGI_TEST_KEYCLOAK_ADMIN ?? '',
    password: MUNJIGI_TEST_KEYCLOAK_PASSWORD ?? '',
  }
  return own ? importedRealm(keycloak, own) : Promise.resolve(onKeycloak(keycloak, SHARED_REALM))
}

async function devIdpWith(own: RealmFile): Promise<ServedRealm> {
  const folder = await mkdtemp(join(tmpdir(), 'realm-'))
  const realmFile = join(folder, 'realm.json')
  await writeFile(realmFile, JSON.stringify(own))
  return startDevIdp({ realmFile, port: 0 }).finally(() => rm(folder, { recursive: true }))
}

async function importedRealm(keycloak: Keycloak, own: RealmFile): Promise<ServedRealm> {
  await callAdminApi(keycloak, 'POST', '', own)
  return {
    ...onKeycloak(keycloak, own.realm),
    async close() {
      await callAdminApi(keycloak, 'DELETE', `/${own.realm}`)
    },
  }
}

const onKeycloak = (keycloak: Keycloak, realm: string): ServedRealm => ({
  issuer: `${keycloak.url}/realms/${realm}`,
  ...keycloakAdministration(keycloak, realm),
})
