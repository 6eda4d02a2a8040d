import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { Realm, RealmUser } from './realm.ts'

export interface Person extends RealmUser {
  id: string
  /** Unix seconds; refresh tokens issued earlier are stale. */
  notBefore: number
}

/** Someone to add to the realm. The e-mail is `<username>@example.com`, the attributes are the realm's own. */
export interface NewPerson {
  username: string
  password: string
  attributes?: Record<string, string[]>
  realmRoles?: string[]
  clientRoles?: Record<string, string[]>
}

/** Those of the realm file and those added since; the file itself never changes. */
export interface People {
  findById(id: string): Person | undefined
  findServiceAccount(clientId: string): Person | undefined
  /** By user name or e-mail and password; undefined also for a disabled person. */
  authenticate(login: string, password: string): Person | undefined
  require(username: string): Person
  add(person: NewPerson): Person
  remove(person: Person): void
}

export function people(realm: Realm): People {
  const all = new Map<string, Person>()
  const insert = (user: RealmUser) => {
    const person = { ...user, id: user.id ?? randomUUID(), notBefore: 0 }
    all.set(person.id, person)
    return person
  }
  for (const user of realm.users) insert(user)

  const find = (matches: (person: Person) => boolean) => [...all.values()].find(matches)
  const findByName = (name: string) => find((person) => person.username === name.toLowerCase())

  return {
    findById: (id) => all.get(id),
    findServiceAccount: (clientId) => find((person) => person.serviceAccountClientId === clientId),
    authenticate(login, password) {
      const person = findByName(login) ?? find((other) => other.email?.toLowerCase() === login.toLowerCase())
      const known = person?.credentials.find((credential) => credential.type === 'password')
      if (!person?.enabled || known === undefined || person.serviceAccountClientId !== undefined) return undefined
      return sameText(known.value, password) ? person : undefined
    },
    require(username) {
      const person = findByName(username)
      if (person === undefined) throw new Error(`the realm has no ${username}`)
      return person
    },
    add(person) {
      if (findByName(person.username) !== undefined) throw new Error(`the realm has a ${person.username} already`)
      return insert({
        username: person.username,
        enabled: true,
        email: `${person.username}@example.com`,
        emailVerified: true,
        attributes: person.attributes ?? {},
        credentials: [{ type: 'password', value: person.password }],
        realmRoles: [`default-roles-${realm.realm}`, ...(person.realmRoles ?? [])],
        clientRoles: person.clientRoles ?? {},
      })
    },
    remove: (person) => all.delete(person.id),
  }
}

/** The token endpoint's `not-before-policy`: what was issued earlier is stale. */
export const notBeforePolicy = (realm: Realm, person: Person): number => Math.max(realm.notBefore, person.notBefore)

/** Compares digests, so that neither length nor content shows in the time. */
export function sameText(known: string, given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(known), digest(given))
}
