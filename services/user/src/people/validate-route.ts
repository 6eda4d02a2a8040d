import type { SectionGrant } from '@munjigi/contracts/access'
import { Validation } from '@munjigi/contracts/sessions'
import { isAdminRole } from '@munjigi/identity/roles'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import type { UserDeps } from '../deps.ts'
import { listSections } from './sections.ts'
import { requireStanding } from './standing.ts'

/** Source 004's question whether a token is valid, and for what; the token comes in Authorization, as everywhere. */
export function validateRoute(scope: FastifyInstance, { db }: UserDeps, prefix: string): void {
  scope.withTypeProvider<TypeBoxProvider>().post(
    `${prefix}/validate`,
    {
      schema: {
        tags: ['me'],
        summary: 'Who the token is for, and their sections',
        response: { 200: Validation },
      },
    },
    async (request) => {
      const { person } = await requireStanding(db, requireUser(request).token)
      const sections = await listSections(db, person)
      const isAdmin = person.superuser || isAdminRole(person.role)
      return {
        valid: true as const,
        user_id: person.user_id,
        username: person.username_kr || person.user_id,
        is_admin: isAdmin,
        user_type: person.superuser ? ('superuser' as const) : isAdmin ? ('admin' as const) : ('standard' as const),
        available_user_sections: joined(sections),
        available_admin_sections: joined(sections.filter(({ level }) => level === 'admin')),
      }
    },
  )
}

const joined = (sections: SectionGrant[]): string =>
  sections
    .map(({ id }) => id)
    .toSorted()
    .join(',')
