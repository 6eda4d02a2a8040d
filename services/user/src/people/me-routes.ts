import { Me, Preferences } from '@munjigi/contracts/people'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import type { PersonRow } from './person-rows.ts'
import { listSections } from './sections.ts'
import { requireStanding } from './standing.ts'

/** One's own profile; PENDING people have one too. */
export function meRoutes(scope: FastifyInstance, deps: UserDeps, prefix: string): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { db } = deps
  const tags = ['me']

  app.get(
    `${prefix}/me`,
    { schema: { tags, summary: 'The signed-in person', response: { 200: Me } } },
    async (request) => {
      const { person } = await requireStanding(db, requireUser(request).token)
      return meOf(deps, person)
    },
  )

  app.patch(
    `${prefix}/me`,
    { schema: { tags, summary: 'Theme and language', body: Preferences, response: { 200: Me } } },
    async (request) => {
      const { person } = await requireStanding(db, requireUser(request).token)
      await db.updateTable('people').set(request.body).where('sub', '=', person.sub).execute()
      return meOf(deps, { ...person, ...request.body })
    },
  )
}

async function meOf({ db }: UserDeps, person: PersonRow): Promise<Me> {
  return { ...person, sections: await listSections(db, person) }
}
