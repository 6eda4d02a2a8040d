import type { Idp } from './idp.ts'
import { endEarlierTokens, type NewPerson } from './people.ts'
import { endBrowserSessionsOf } from './sign-in/sessions.ts'

/** What Keycloak's administrator can do, as far as suites need it; people are named by user name. */
export interface Administration {
  /** Resolves to the new person's `sub`. */
  addUser(person: NewPerson): Promise<string>
  disableUser(username: string): Promise<void>
  enableUser(username: string): Promise<void>
  deleteUser(username: string): Promise<void>
  /** Signs a person out everywhere; tokens issued in this very second live on, as in Keycloak. */
  endSessions(username: string): Promise<void>
  /** A new key signs from now on, the old ones stay published. */
  rotateKeys(): Promise<void>
}

export function administration(idp: Idp): Administration {
  const { people, logins, keys } = idp
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
      logins.endAll(person.id)
      endBrowserSessionsOf(idp, person.id)
    },
    async endSessions(username) {
      const person = people.require(username)
      endEarlierTokens(person)
      logins.endOnline(person.id)
      endBrowserSessionsOf(idp, person.id)
    },
    rotateKeys: () => keys.rotate(),
  }
}
