import { randomUUID } from 'node:crypto'
import { realmText } from '@munjigi/dev-idp/realm'

/** What the realm of one test may have different from the realm file; lifetimes in seconds. */
export interface RealmSettings {
  accessTokenLifespan: number
  revokeRefreshToken: boolean
  refreshTokenMaxReuse: number
  offlineSessionIdleTimeout: number
}

export interface RealmFile {
  realm: string
  users: { id?: string }[]
}

/** The realm file under a name that nobody else has, ready to be imported. */
export function ownRealm(file: string, settings: Partial<RealmSettings>, variables: Record<string, string>): RealmFile {
  const name = `munjigi-${randomUUID()}`
  const text = realmText(file, variables).replaceAll('"default-roles-munjigi"', `"default-roles-${name}"`)
  const realm: RealmFile = { ...JSON.parse(text), ...settings, realm: name }
  // Keycloak's ids are unique across realms, so people get new ones.
  for (const user of realm.users) delete user.id
  return realm
}
