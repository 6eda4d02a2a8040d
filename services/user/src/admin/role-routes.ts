import { PERMISSIONS, permissionsOf, ROLES } from '@munjigi/identity/roles'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { AdminDeps } from '../deps.ts'
import { requireAdministrator } from './administrator.ts'

const Names = Type.Array(Type.String())
const RolesAndPermissions = Type.Object({
  permissions: Names,
  roles: Type.Array(Type.Object({ role: Type.String(), permissions: Names })),
})

/** The matrix of roles and permissions, for whoever gives roles. */
export function roleRoutes(scope: FastifyInstance, { db }: Pick<AdminDeps, 'db'>): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/roles',
    schema: { summary: 'Every role with the permissions it brings', response: { 200: RolesAndPermissions } },
    handler: async (request) => {
      await requireAdministrator(db, request)
      const roles = ROLES.map((role) => ({ role, permissions: [...permissionsOf(role)] }))
      return { permissions: [...PERMISSIONS], roles }
    },
  })
}
