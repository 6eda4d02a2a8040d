import type { SealedText } from '@munjigi/sealing/sealed-text'
import { invalidProfile } from '../problems.ts'
import { destinations } from '../profiles/destinations.ts'
import type { ProfileRow } from '../profiles/profile-store.ts'
import { maskedContent, openContent } from '../profiles/sealed-content.ts'
import { storedContent } from '../profiles/stored-content.ts'
import { exposedSecrets, sharedLength } from './exposed-secrets.ts'
import { slotsOf, slotted } from './slots.ts'
import type { NewTemplate } from './template-store.ts'

const MAX_SLOTS = 200
const MAX_CHARACTERS = 20_000

/** What the owner says of it; the profile's own where left out. */
export interface Telling {
  name?: string | undefined
  description?: string | null | undefined
  tags?: string[] | undefined
}

/** A profile as others may have it. @throws Problem 400 where it says a secret openly, or too much to look through. */
export function sharedProfile(row: ProfileRow, telling: Telling, sealing: SealedText): NewTemplate {
  const stored = storedContent(row)
  const { name = stored.name, description = stored.description, tags = [] } = telling
  const open = openContent(stored, row, sealing)
  const content = { ...slotted(maskedContent(stored), open), name, description }
  const slots = slotsOf(content)
  if (slots.length > MAX_SLOTS)
    throw invalidProfile([{ field: 'service_id', message: `this profile has more than ${MAX_SLOTS} secrets` }])
  const { service_id, auth_type, user_id: owner } = row
  const shared = { tags: [...new Set(tags)], service_id, content }
  if (sharedLength(shared) > MAX_CHARACTERS)
    throw invalidProfile([{ field: 'service_id', message: `this profile says more than ${MAX_CHARACTERS} characters` }])
  const faults = exposedSecrets({ tags: shared.tags, service_id, ...content }, open)
  if (faults.length > 0) throw invalidProfile(faults)
  return { ...shared, name, description, auth_type, owner, slots, hosts: destinations(stored) }
}
