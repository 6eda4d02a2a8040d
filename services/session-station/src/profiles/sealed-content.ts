import { createHash } from 'node:crypto'
import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import type { SealedText } from '@munjigi/sealing/sealed-text'
import { isPlainTemplate } from '../injection/template.ts'
import { invalidProfile } from '../problems.ts'
import { destinations, hasNewDestination, withheld } from './destinations.ts'
import type { Fault } from './fault.ts'
import { isMark, isMissing, isTemplate, MISSING, SET } from './marks.ts'
import { mapSecrets, type Place, placeText, type SecretParts, secretsIn } from './secret-places.ts'

/** Of a profile as it is stored. */
const MAX_CHARACTERS = 250_000

/** Whose profile it is: part of what every secret is bound to. */
export interface Owner {
  user_id: string
  service_id: string
}

/** What is bound together: an owner's service, the place, all origins that the secrets may go to, and whether agents are given it. */
type Destined = SecretParts & Pick<ProfileContent, 'allowed_origins' | 'injection_rules'>

function bindings({ user_id, service_id }: Owner, content: Destined): (place: Place) => string {
  // A digest, since it lies in every ciphertext.
  const origins = createHash('sha256')
    .update(JSON.stringify(destinations(content)))
    .digest('base64url')
  const isWithheld = withheld(content)
  return (place) =>
    JSON.stringify([user_id, service_id, place.key, origins, ...(isWithheld(place) ? ['withheld'] : [])])
}

/**
 * Content as it is stored. What is masked is kept from the same place of `before`, unless secrets could now go where they
 * could not before: then nothing is kept, and has to be entered anew. @throws Problem 400 where there is nothing to keep.
 */
export function sealContent(
  content: ProfileContent,
  { owner, sealing, before }: { owner: Owner; sealing: SealedText; before?: ProfileContent },
): ProfileContent {
  const bind = bindings(owner, content)
  const keep = before && keeper(before, { owner, sealing, content })
  const faults: Fault[] = []
  const sealed = mapSecrets(content, (value, place) => {
    if (isMark(value) && !isMissing(value)) {
      const kept = keep?.(place, bind(place))
      if (kept === undefined)
        faults.push({ field: placeText(place), message: 'nothing is stored here: enter the value' })
      return kept
    }
    if (value === null || isMissing(value) || (isTemplate(value) && isPlainTemplate(value.$template))) return value
    return sealing.seal(JSON.stringify(value), bind(place))
  })
  // Lists hold two hundred.
  if (JSON.stringify(sealed).length > MAX_CHARACTERS)
    faults.push({ field: 'login_config', message: `this profile takes more than ${MAX_CHARACTERS} characters sealed` })
  if (faults.length > 0) throw invalidProfile(faults)
  return sealed
}

function keeper(before: ProfileContent, to: { owner: Owner; sealing: SealedText; content: ProfileContent }) {
  const stored = new Map(secretsIn(before).map(({ value, place }) => [JSON.stringify(place.key), value]))
  const bindBefore = bindings(to.owner, before)
  const isElsewhere = hasNewDestination(before, to.content)
  const [wasWithheld, isWithheld] = [withheld(before), withheld(to.content)]
  return (place: Place, bind: string): unknown => {
    const value = stored.get(JSON.stringify(place.key))
    if (value === null || isMissing(value)) return undefined
    if (typeof value !== 'string') return value
    if (isElsewhere || (wasWithheld(place) && !isWithheld(place))) return MISSING
    const bound = bindBefore(place)
    if (bound === bind && !to.sealing.needsReseal(value)) return value
    return to.sealing.seal(to.sealing.open(value, bound), bind)
  }
}

/** Stored content as everybody may see it; opens nothing. */
export const maskedContent = <Parts extends SecretParts>(stored: Parts): Parts =>
  mapSecrets(stored, (value) => (typeof value === 'string' ? SET : value))

/** Stored content with its secrets open. @throws where one was sealed for another place, owner or destination. */
export function openContent<Parts extends Destined>(stored: Parts, owner: Owner, sealing: SealedText): Parts {
  const bind = bindings(owner, stored)
  return mapSecrets(stored, (value, place) =>
    typeof value === 'string' ? JSON.parse(sealing.open(value, bind(place))) : value,
  )
}

/** Stored content under the ring's first key, and how many secrets had to be sealed anew for it. */
export function resealContent<Parts extends Destined>(stored: Parts, owner: Owner, sealing: SealedText) {
  const bind = bindings(owner, stored)
  let count = 0
  const content = mapSecrets(stored, (value, place) => {
    if (typeof value !== 'string' || !sealing.needsReseal(value)) return value
    count += 1
    return sealing.seal(sealing.open(value, bind(place)), bind(place))
  })
  return { content, count }
}

/** Places that have to be filled before the profile can be used. */
export const missingSecrets = (stored: SecretParts): string[] =>
  secretsIn(stored).flatMap(({ value, place }) => (isMissing(value) ? placeText(place) : []))
