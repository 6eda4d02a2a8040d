import { Section } from '@munjigi/contracts/people'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { FOR_SUPERUSERS, requireAdministrator } from '../admin/administrator.ts'
import { changeHouse } from '../admin/house-change.ts'
import { ADMIN_PAGE } from '../admin/rights.ts'
import { NewTitle } from '../admin/title.ts'
import type { AdminDeps } from '../deps.ts'
import { sectionExists, sectionNotFound, sectionProtected } from './problems.ts'

const strict = { additionalProperties: false }
const columns = ['id', 'title_ko', 'title_en'] as const
const IdParams = Type.Pick(Section, ['id'])
const NewSection = Type.Object({ ...Section.properties, title_ko: NewTitle, title_en: NewTitle }, strict)
const Titles = Type.Partial(Type.Pick(NewSection, ['title_ko', 'title_en']), { ...strict, minProperties: 1 })

export function sectionRoutes(scope: FastifyInstance, deps: AdminDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { db } = deps

  app.route({
    method: 'GET',
    url: '/sections',
    schema: {
      summary: 'Every section there is',
      response: { 200: Type.Object({ sections: Type.Array(Section) }) },
    },
    handler: async (request) => {
      await requireAdministrator(db, request)
      return { sections: await db.selectFrom('sections').select(columns).orderBy('id').execute() }
    },
  })

  app.route({
    method: 'POST',
    url: '/sections',
    schema: { ...FOR_SUPERUSERS, summary: 'A new section', body: NewSection, response: { 201: Section } },
    handler: async (request, reply) => {
      reply.code(201)
      return changeHouse(deps, request, async (trx) => {
        const section = await trx
          .insertInto('sections')
          .values(request.body)
          .onConflict((conflict) => conflict.column('id').doNothing())
          .returning(columns)
          .executeTakeFirst()
        if (!section) throw sectionExists()
        return { action: 'section.created', target: section.id, details: section, result: section }
      })
    },
  })

  app.route({
    method: 'PATCH',
    url: '/sections/:id',
    schema: {
      ...FOR_SUPERUSERS,
      summary: 'Changes the titles',
      params: IdParams,
      body: Titles,
      response: { 200: Section },
    },
    handler: (request) =>
      changeHouse(deps, request, async (trx) => {
        const section = await trx
          .updateTable('sections')
          .set(request.body)
          .where('id', '=', request.params.id)
          .returning(columns)
          .executeTakeFirst()
        if (!section) throw sectionNotFound()
        return { action: 'section.changed', target: section.id, details: request.body, result: section }
      }),
  })

  app.route({
    method: 'DELETE',
    url: '/sections/:id',
    schema: {
      ...FOR_SUPERUSERS,
      summary: 'Removes a section and every grant of it',
      params: IdParams,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      const { id } = request.params
      if (id === ADMIN_PAGE.id) throw sectionProtected()
      await changeHouse(deps, request, async (trx) => {
        const removed = await trx.deleteFrom('sections').where('id', '=', id).returning(columns).executeTakeFirst()
        if (!removed) throw sectionNotFound()
        return { action: 'section.removed', target: id, details: removed, result: undefined }
      })
      return reply.code(204).send(null)
    },
  })
}
