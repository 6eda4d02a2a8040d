import { Preset, PresetUse } from '@munjigi/contracts/auth-profile-presets'
import { AuthProfile } from '@munjigi/contracts/auth-profiles'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { invalidProfile, presetNotFound } from '../problems.ts'
import { creatorOf } from '../profiles/creator.ts'
import type { OwnProfiles } from '../profiles/own-profiles.ts'
import { answeredProfile } from '../profiles/stored-content.ts'
import { validContent } from '../profiles/valid-content.ts'
import { filled, requireKnownSlots } from '../templates/slots.ts'
import { adapted } from './preset-settings.ts'
import { PRESETS } from './presets.ts'

const tags = ['presets']

export function presetRoutes(scope: FastifyInstance, profiles: OwnProfiles): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/auth-profile-presets',
    schema: { summary: 'Kinds of login that are known', tags, response: { 200: Type.Array(Preset) } },
    handler: async () => [...PRESETS],
  })

  app.route({
    method: 'POST',
    url: '/auth-profile-presets/:preset_id',
    schema: {
      summary: 'Make a profile of your own of a known kind; it stays inactive while slots are left to be filled',
      tags,
      params: Type.Object({ preset_id: Type.String({ maxLength: 100 }) }),
      body: PresetUse,
      response: { 201: AuthProfile },
    },
    handler: async (request, reply) => {
      const preset = PRESETS.find(({ preset_id }) => preset_id === request.params.preset_id)
      if (!preset) throw presetNotFound()
      const row = await profiles.create(creatorOf(requireUser(request)), profileOf(preset, request.body))
      return reply.code(201).send(answeredProfile(row))
    },
  })
}

/** @throws Problem 400 for a setting or slot that the preset has not */
function profileOf(preset: Preset, { service_id, name, base_url, settings = {}, slots = {} }: PresetUse) {
  const known = new Set(preset.settings.map((setting) => setting.name))
  const unknown = Object.keys(settings).filter((given) => !known.has(given))
  if (unknown.length > 0) {
    throw invalidProfile(unknown.map((given) => ({ field: `settings.${given}`, message: 'this preset has none' })))
  }
  requireKnownSlots(preset.slots, slots)
  const base = base_url.replace(/\/+$/, '')
  const { origin, pathname } = urlOf(base)
  const values = new Map([
    ...preset.settings.map((setting): [string, string] => [setting.name, setting.default]),
    ...Object.entries(settings),
    ['base_url', base] as const,
    ['base_path', pathname.replace(/\/+$/, '')] as const,
  ])
  const content = adapted(preset.content, values) as typeof preset.content
  const given = { ...content, name: name ?? preset.title.ko, description: null, allowed_origins: [origin] }
  return { ...validContent(filled(given, slots)), service_id }
}

function urlOf(base_url: string): URL {
  const url = URL.parse(base_url)
  if (!url) throw invalidProfile([{ field: 'base_url', message: 'is no http or https URL' }])
  return url
}
