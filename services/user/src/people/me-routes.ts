import { Me, Preferences } from '@munjigi/contracts/people'
import type { UserContext } from '@munjigi/identity/user-context'
import { requireUser } from '@munjigi/identity/user-context'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { sessionEnded, tokenOutdated, unknownPerson } from '../problems.ts'
import { findSession } from '../sessions/sessions.ts'
import { findPerson, findPersonByName, type PersonRow } from './people.ts'
import { listSections } from './sections.ts'
import { assertActive } from './standing.ts'

/** One's own profile; PENDING people have one too. */
export function meRoutes(app: FastifyInstance, deps: UserDeps, prefix: string): void {
  const { db } = deps
  const tags = ['me']

  app.get(
    `${prefix}/me`,
    { schema: { tags, summary: 'The signed-in person', response: { 200: Me } } },
    async (request) => meOf(deps, await requireLivePerson(deps, requireUser(request))),
  )

  app.patch<{ Body: Preferences }>(
    `${prefix}/me`,
    { schema: { tags, summary: 'Theme and language', body: Preferences, response: { 200: Me } } },
    async (request) => {
      const person = await requireLivePerson(deps, requireUser(request))
      await db.updateTable('people').set(request.body).where('sub', '=', person.sub).execute()
      return meOf(deps, { ...person, ...request.body })
    },
  )
}

async function meOf({ db }: UserDeps, person: PersonRow): Promise<Me> {
  return { ...person, sections: await listSections(db, person) }
}

/** The token was verified; whether its person and session still stand, the database says. */
async function requireLivePerson({ db }: UserDeps, { token }: UserContext): Promise<PersonRow> {
  const isOurs = token.issuer.isPlatform
  const name = { issuer: token.issuer.issuer, sub: token.sub }
  const isNamed = token.issuer.people === 'shared' && token.clientId === undefined
  const person = isOurs ? await findPerson(db, token.sub) : isNamed ? await findPersonByName(db, name) : undefined
  if (person === undefined) throw unknownPerson()
  assertActive(person)
  if (token.iat < person.valid_from) throw tokenOutdated()
  const session = isOurs && token.sid !== undefined ? await findSession(db, token.sid) : undefined
  if (session !== undefined && session.ended_at !== null) throw sessionEnded()
  return person
}
