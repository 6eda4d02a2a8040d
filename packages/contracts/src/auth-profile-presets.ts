import { type Static, Type } from 'typebox'
import { Slot, SlotValues, TemplateContent } from './auth-profile-store.ts'
import { AuthProfile, ServiceId } from './auth-profiles.ts'

const InLanguages = Type.Object({ ko: Type.String(), en: Type.String() })

/** What outside services name differently, written `<name>` in the content. */
const Setting = Type.Object({
  name: Type.String(),
  title: InLanguages,
  default: Type.String(),
})

/** A kind of login that is known: a content with settings to adapt and slots to fill. */
export const Preset = Type.Object({
  preset_id: Type.String(),
  title: InLanguages,
  settings: Type.Array(Setting),
  slots: Type.Array(Slot),
  content: Type.Object({
    ...Type.Omit(TemplateContent, ['name', 'description', 'allowed_origins']).properties,
  }),
})
export type Preset = Static<typeof Preset>

/** `POST auth-profile-presets/{preset_id}`. */
export const PresetUse = Type.Object(
  {
    service_id: ServiceId,
    name: Type.Optional(AuthProfile.properties.name),
    base_url: Type.String({
      pattern: '^https?://[^?#{}\\s]{1,1000}$',
      description: 'http or https, without query: what the paths of the preset are behind',
    }),
    settings: Type.Optional(
      Type.Record(Type.String({ maxLength: 64 }), Type.String({ minLength: 1, maxLength: 500 }), { maxProperties: 20 }),
    ),
    slots: Type.Optional(SlotValues),
  },
  { additionalProperties: false },
)
export type PresetUse = Static<typeof PresetUse>
