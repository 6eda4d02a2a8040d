import { Group, PeoplePage, PeopleQuery, Person } from '@munjigi/contracts/people'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { administer, FOR_SUPERUSERS, requireAdministrator } from '../admin/administrator.ts'
import { changeHouse } from '../admin/house-change.ts'
import { changePerson } from '../admin/locked-change.ts'
import { NewTitle } from '../admin/title.ts'
import type { AdminDeps } from '../deps.ts'
import { people } from '../people/people-list.ts'
import { SubParams } from '../people/person-routes.ts'
import { requireSections } from '../sections/named-sections.ts'
import { groups, joinGroup, leaveGroup } from './groups.ts'
import { groupExists, groupNotFound } from './problems.ts'

const strict = { additionalProperties: false }
const IdParams = Type.Pick(Group, ['id'])
const MemberParams = Type.Interface([IdParams, SubParams], {})
const MembersQuery = Type.Pick(PeopleQuery, ['cursor', 'limit'], strict)
const NewGroup = Type.Object({ ...Group.properties, title: NewTitle }, strict)
const Changes = Type.Partial(Type.Pick(NewGroup, ['title', 'sections']), { ...strict, minProperties: 1 })

export function groupRoutes(scope: FastifyInstance, deps: AdminDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { db } = deps

  app.route({
    method: 'GET',
    url: '/groups',
    schema: { summary: 'Every group there is', response: { 200: Type.Object({ groups: Type.Array(Group) }) } },
    handler: async (request) => {
      await requireAdministrator(db, request)
      return { groups: await groups(db).list() }
    },
  })

  app.route({
    method: 'POST',
    url: '/groups',
    schema: { ...FOR_SUPERUSERS, summary: 'A new group', body: NewGroup, response: { 201: Group } },
    handler: async (request, reply) => {
      const group = request.body
      reply.code(201)
      return changeHouse(deps, request, async (trx) => {
        await requireSections(trx, group.sections)
        if (!(await groups(trx).insert(group))) throw groupExists()
        await groups(trx).replaceSections(group.id, group.sections)
        return { action: 'group.created', target: group.id, details: group, result: group }
      })
    },
  })

  app.route({
    method: 'PATCH',
    url: '/groups/:id',
    schema: {
      ...FOR_SUPERUSERS,
      summary: 'Changes title or sections',
      params: IdParams,
      body: Changes,
      response: { 200: Group },
    },
    handler: (request) =>
      changeHouse(deps, request, async (trx) => {
        const { id } = request.params
        const { title, sections } = request.body
        const before = await groups(trx).lock(id)
        if (!before) throw groupNotFound()
        if (title !== undefined) await groups(trx).rename(id, title)
        if (sections !== undefined) {
          await requireSections(trx, sections)
          await groups(trx).replaceSections(id, sections)
        }
        return { action: 'group.changed', target: id, details: request.body, result: { ...before, ...request.body } }
      }),
  })

  app.route({
    method: 'DELETE',
    url: '/groups/:id',
    schema: {
      ...FOR_SUPERUSERS,
      summary: 'Removes a group; its members stay people',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      const { id } = request.params
      await changeHouse(deps, request, async (trx) => {
        const before = await groups(trx).lock(id)
        if (!before) throw groupNotFound()
        await groups(trx).remove(id)
        return { action: 'group.removed', target: id, details: before, result: undefined }
      })
      return reply.code(204).send(null)
    },
  })

  app.route({
    method: 'GET',
    url: '/groups/:id/members',
    schema: {
      summary: "A group's members",
      params: IdParams,
      querystring: MembersQuery,
      response: { 200: PeoplePage },
    },
    handler: (request) =>
      administer(db, request, async (trx, { superuser, tenant_id }) => {
        const group_id = request.params.id
        if (!(await groups(trx).find(group_id))) throw groupNotFound()
        return people(trx).list({ ...request.query, group_id, ...(!superuser && { tenant_id }) })
      }),
  })

  for (const [method, change, summary] of [
    ['PUT', joinGroup, 'Makes a person a member'],
    ['DELETE', leaveGroup, 'Ends a membership'],
  ] as const)
    app.route({
      method,
      url: '/groups/:id/members/:sub',
      schema: { summary, params: MemberParams, response: { 200: Person } },
      handler: (request) => changePerson(deps, request, request.params.sub, change(request.params.id)),
    })
}
