import {
  Template,
  TemplateDownload,
  TemplateDownloaded,
  TemplateList,
  TemplatePreview,
  TemplateSearch,
  TemplateUpload,
} from '@munjigi/contracts/auth-profile-store'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { StationDeps } from '../deps.ts'
import { templateNotFound, templateNotYours } from '../problems.ts'
import { creatorOf } from '../profiles/creator.ts'
import type { OwnProfiles } from '../profiles/own-profiles.ts'
import { answeredProfile } from '../profiles/stored-content.ts'
import { validContent } from '../profiles/valid-content.ts'
import { noteLook } from './looks.ts'
import { sharedProfile } from './shared-profile.ts'
import { filled, requireKnownSlots, slotsOf } from './slots.ts'
import { templateStore } from './template-store.ts'
import { listPage, requireTenant } from './tenant-page.ts'

const Params = Type.Pick(Template, ['template_id'])
const tags = ['store']

/** Shared templates of the caller's tenant. */
export function templateRoutes(
  scope: FastifyInstance,
  { db, sealing, profiles }: Pick<StationDeps, 'db' | 'sealing'> & { profiles: OwnProfiles },
): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const templates = templateStore(db)

  async function requireTemplate(request: FastifyRequest, template_id: string): Promise<Template> {
    const template = await templates.find(requireTenant(request), template_id)
    if (!template) throw templateNotFound()
    return template
  }

  app.route({
    method: 'POST',
    url: '/auth-profile-store/upload',
    schema: {
      summary: 'Share a profile with your tenant, its secrets turned into slots; with preview: look at it first',
      tags,
      body: TemplateUpload,
      response: { 200: TemplatePreview, 201: Template },
    },
    handler: async (request, reply) => {
      const { sub } = requireUser(request)
      const tenant = requireTenant(request)
      const { service_id, preview, ...telling } = request.body
      const row = await profiles.require(sub, service_id)
      await noteLook(db, { actor: sub, service_id, request_id: request.id, isPreview: preview })
      const template = sharedProfile(row, telling, sealing)
      return preview ? template : reply.code(201).send(await templates.insert(tenant, template))
    },
  })

  app.route({
    method: 'GET',
    url: '/auth-profile-store/list',
    schema: {
      summary: 'What your tenant shares, newest first',
      tags,
      querystring: TemplateSearch,
      response: { 200: TemplateList },
    },
    handler: (request) => listPage(templates, requireTenant(request), request.query),
  })

  app.route({
    method: 'GET',
    url: '/auth-profile-store/:template_id',
    schema: {
      summary: 'A template whole, with its slots and every host that credentials will go to',
      tags,
      params: Params,
      response: { 200: Template },
    },
    handler: (request) => requireTemplate(request, request.params.template_id),
  })

  app.route({
    method: 'POST',
    url: '/auth-profile-store/download/:template_id',
    schema: {
      summary: 'Make a profile of your own from a template; it stays inactive while slots are left to be filled',
      tags,
      params: Params,
      body: Type.Union([TemplateDownload, Type.Null()]),
      response: { 201: TemplateDownloaded },
    },
    handler: async (request, reply) => {
      const { service_id, name, slots: values = {} } = request.body ?? {}
      const template = await requireTemplate(request, request.params.template_id)
      requireKnownSlots(template.slots, values)
      const content = validContent(filled({ ...template.content, ...(name && { name }) }, values))
      const row = await profiles.create(creatorOf(requireUser(request)), {
        ...content,
        service_id: service_id ?? template.service_id,
      })
      const slots = slotsOf(template.content).filter((slot) => !Object.hasOwn(values, slot.name))
      return reply.code(201).send({ profile: answeredProfile(row), slots, hosts: template.hosts })
    },
  })

  app.route({
    method: 'DELETE',
    url: '/auth-profile-store/:template_id',
    schema: { summary: 'Take back what you shared', tags, params: Params, response: { 204: Type.Null() } },
    handler: async (request, reply) => {
      const { template_id } = request.params
      const { owner } = await requireTemplate(request, template_id)
      if (owner !== requireUser(request).sub) throw templateNotYours()
      await templates.remove(requireTenant(request), template_id)
      return reply.code(204).send(null)
    },
  })
}
