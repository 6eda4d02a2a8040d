import { type Static, Type } from 'typebox'
import { AuthProfile, ProfileContent, ServiceId } from './auth-profiles.ts'

/** A secret of a shared template, to be entered by whoever takes it. */
export const Slot = Type.Object({
  name: Type.String({ description: 'its key in `slots` of a request' }),
  kind: Type.Enum(['payload', 'header', 'query', 'userinfo', 'fixed', 'basic', 'totp'], {
    description: 'what it is part of; userinfo and basic are user:password, totp is the key in base32',
  }),
  places: Type.Array(Type.String(), { description: 'where it goes in the profile, as login_config.payload.password' }),
})
export type Slot = Static<typeof Slot>

/** What is entered, by the slots' names; what is left out stays missing. */
export const SlotValues = Type.Record(
  Type.String({ maxLength: 200 }),
  Type.Union([
    Type.String({ maxLength: 20_000 }),
    Type.Number(),
    Type.Boolean(),
    Type.Object({ $template: Type.String({ maxLength: 20_000 }) }, { additionalProperties: false }),
  ]),
  { maxProperties: 200 },
)
export type SlotValues = Static<typeof SlotValues>

const Slotted = (of: string) =>
  Type.Record(Type.String(), Type.Unknown(), {
    description: `as an auth profile's ${of}, with {"$slot": name} where it has a secret`,
  })

/** An auth profile's content whose secrets are `{"$slot": name}`. */
export const TemplateContent = Type.Object({
  ...Type.Omit(ProfileContent, ['login_config', 'extraction_rules', 'refresh_config']).properties,
  login_config: Slotted('login_config'),
  extraction_rules: Type.Array(Slotted('extraction rule')),
  refresh_config: Type.Union([Slotted('refresh_config'), Type.Null()]),
})
export type TemplateContent = Static<typeof TemplateContent>

const Hosts = Type.Array(Type.String(), { description: 'every origin that credentials will go to' })
const Tag = Type.String({
  pattern: '^[\\p{Ll}\\p{Lo}\\p{N}][\\p{Ll}\\p{Lo}\\p{N}._-]{0,29}$',
  description: 'small letters, digits and . _ -, at most 30',
})

/** A shared template as lists show it. */
export const TemplateSummary = Type.Object({
  template_id: Type.String({ format: 'uuid' }),
  service_id: ServiceId,
  name: Type.String(),
  description: Type.Union([Type.String(), Type.Null()]),
  auth_type: Type.String(),
  tags: Type.Array(Type.String()),
  hosts: Hosts,
  owner: Type.String({ description: 'the subject of who shared it' }),
  created_at: Type.String({ format: 'date-time' }),
})
export type TemplateSummary = Static<typeof TemplateSummary>

/** A shared template whole: `GET auth-profile-store/{template_id}`. */
export const Template = Type.Object({
  ...TemplateSummary.properties,
  slots: Type.Array(Slot),
  content: TemplateContent,
})
export type Template = Static<typeof Template>

/** `POST auth-profile-store/upload`: one of your profiles, its secrets turned into slots. */
export const TemplateUpload = Type.Object(
  {
    service_id: ServiceId,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "default: the profile's" })),
    description: Type.Optional(Type.Union([Type.String({ maxLength: 2_000 }), Type.Null()])),
    tags: Type.Optional(Type.Array(Tag, { maxItems: 10 })),
    preview: Type.Boolean({ default: false, description: 'true: answered for a look, and nothing is stored' }),
  },
  { additionalProperties: false },
)

/** What an upload would store. */
export const TemplatePreview = Type.Omit(Template, ['template_id', 'created_at'])

/** `GET auth-profile-store/list`, newest first. */
export const TemplateSearch = Type.Object(
  {
    search: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'part of a name, a description, a service_id or a host',
      }),
    ),
    tag: Type.Optional(Tag),
    cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}$', description: 'next_cursor of the page before' })),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
  },
  { additionalProperties: false },
)
export const TemplateList = Type.Object({
  templates: Type.Array(TemplateSummary),
  next_cursor: Type.Optional(Type.String({ description: 'absent on the last page' })),
})

/** `POST auth-profile-store/download/{template_id}`. */
export const TemplateDownload = Type.Object(
  {
    service_id: Type.Optional(ServiceId),
    name: Type.Optional(TemplateUpload.properties.name),
    slots: Type.Optional(SlotValues),
  },
  { additionalProperties: false },
)

/** The new profile, inactive while slots are left to be filled by `PUT auth-profiles/{service_id}`. */
export const TemplateDownloaded = Type.Object({ profile: AuthProfile, slots: Type.Array(Slot), hosts: Hosts })
