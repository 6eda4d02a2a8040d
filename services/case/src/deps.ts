import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import type { RememberedRoles } from './case-roles/remembered-roles.ts'
import type { UserService } from './case-roles/user-service.ts'
import type { Guards } from './rights/guards.ts'
import type { Tables } from './tables.ts'

/** What the routes of this service stand on. */
export interface CaseDeps {
  db: Kysely<Tables>
  user: UserService
  roles: RememberedRoles
  guards: Guards
  log: FastifyBaseLogger
}
