import type { Idp } from './idp.ts'
import type { Login } from './logins.ts'
import { announceLogouts } from './logout-notices.ts'
import type { NewPerson } from './people.ts'
import { nowSeconds } from './records.ts'
import { rolesOf } from './roles.ts'
import { endBrowserSessionsOf, endSession } from './sign-in/sessions.ts'

/** What Keycloak's administrator can do, as far as suites need it; people are named by user name. */
export interface Administration {
  /** Resolves to the new person's `sub`. */
  addUser(person: NewPerson): Promise<string>
  disableUser(username: string): Promise<void>
  enableUser(username: string): Promise<void>
  deleteUser(username: string): Promise<void>
  /** By an administrator: nothing ends. */
  setPassword(username: string, password: string): Promise<void>
  /** Takes a realm role away, and every composite role that contains it, as `default-roles-<realm>` does `offline_access`. */
  revokeRole(username: string, role: string): Promise<void>
  /** Signs a person out everywhere; tokens issued in this very second live on, as in Keycloak. */
  endSessions(username: string): Promise<void>
  /** Ends a person's offline logins one by one, which clients are told of by back-channel logout. */
  endOfflineSessions(username: string): Promise<void>
  /** Ends a person's offline logins at one client, of which nobody is told. */
  revokeConsent(username: string, clientId: string): Promise<void>
  /** Ends every token of the realm but those issued in this very second. */
  endEarlierTokens(): Promise<void>
  /** A new key signs from now on, the old ones stay published. */
  rotateKeys(): Promise<void>
}

export function administration(idp: Idp): Administration {
  const { people, logins, keys, realm } = idp
  return {
    addUser: async (person) => people.add(person).id,
    async disableUser(username) {
      people.require(username).enabled = false
    },
    async enableUser(username) {
      people.require(username).enabled = true
    },
    async deleteUser(username) {
      const person = people.require(username)
      people.remove(person)
      logins.endWhere((login) => login.user_id === person.id)
      endBrowserSessionsOf(idp, person.id)
    },
    async setPassword(username, password) {
      people.require(username).credentials = [{ type: 'password', value: password }]
    },
    async revokeRole(username, role) {
      const person = people.require(username)
      const contains = (name: string) => rolesOf(realm, { ...person, realmRoles: [name] }).realm.includes(role)
      person.realmRoles = person.realmRoles.filter((name) => !contains(name))
    },
    async endSessions(username) {
      const person = people.require(username)
      person.notBefore = nowSeconds()
      const ended = logins.endWhere((login) => login.user_id === person.id && !login.offline)
      endBrowserSessionsOf(idp, person.id)
      await announceLogouts(idp, ended)
    },
    async endOfflineSessions(username) {
      const { id } = people.require(username)
      const sids = new Set(logins.list((login) => login.user_id === id && login.offline).map(({ sid }) => sid))
      for (const sid of sids) await endSession(idp, sid, true)
    },
    async revokeConsent(username, clientId) {
      const { id } = people.require(username)
      const isMeant = (login: Login) => login.user_id === id && login.client_id === clientId && login.offline
      if (logins.endWhere(isMeant).length === 0) throw new Error(`${username} has no offline login at ${clientId}`)
    },
    async endEarlierTokens() {
      realm.notBefore = nowSeconds()
    },
    rotateKeys: () => keys.rotate(),
  }
}
