import type { Slot, SlotValues, TemplateContent } from '@munjigi/contracts/auth-profile-store'
import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { invalidProfile } from '../problems.ts'

type Path = readonly string[]
type Mark = '$secret' | '$slot'

/** RFC 6749: what everybody sends. It is no secret, and a template without it could not be filled in. */
export const GRANT_TYPES: ReadonlySet<unknown> = new Set([
  'password',
  'client_credentials',
  'refresh_token',
  'authorization_code',
])

/**
 * A profile as it is answered, each masked secret a slot named by its key: `password`, another one `password_2`. What
 * several requests send at the same place, by the profile with its secrets open, is one slot.
 */
export function slotted(masked: ProfileContent, open: ProfileContent): TemplateContent {
  const taken = new Set<string>()
  const names = new Map<string, string>()
  return replaced(masked, '$secret', (_state, path) => {
    const value = valueAt(open, path)
    if (path.at(-2) === 'payload' && path.at(-1) === 'grant_type' && GRANT_TYPES.has(value)) return value
    const same = JSON.stringify([path.slice(requestDepth(path)), value])
    const name = names.get(same) ?? unusedName(keyOf(masked, path), taken)
    taken.add(name)
    if (path[0] !== 'extraction_rules') names.set(same, name)
    return { $slot: name }
  }) as TemplateContent
}

const valueAt = (content: unknown, path: Path): unknown =>
  path.reduce((value, key) => (value as Record<string, unknown>)[key], content)

/** How much of a path names the request: login_config, login_config.steps.<index> or refresh_config. */
const requestDepth = (path: Path): number => (path[1] === 'steps' ? 3 : 1)

/** The slots of a content, each once with all its places, in the order in which they stand there. */
export function slotsOf(content: TemplateContent): Slot[] {
  const slots = new Map<string, Slot>()
  replaced(content, '$slot', (name, path) => {
    const slot = slots.get(name) ?? { name, kind: kindOf(content, path), places: [] }
    slot.places.push(path.join('.'))
    slots.set(name, slot)
    return undefined
  })
  return [...slots.values()]
}

/** The content as a profile is made from it; a slot without a value is a secret that is missing. */
export function filled(content: TemplateContent, values: SlotValues): ProfileContent {
  return replaced(content, '$slot', (name) =>
    Object.hasOwn(values, name) ? values[name] : { $secret: 'missing' },
  ) as ProfileContent
}

/** @throws Problem 400 for a value that no slot takes */
export function requireKnownSlots(slots: Slot[], values: SlotValues): void {
  const names = new Set(slots.map(({ name }) => name))
  const faults = Object.keys(values)
    .filter((name) => !names.has(name))
    .map((name) => ({ field: `slots.${name}`, message: 'is no slot of this template' }))
  if (faults.length > 0) throw invalidProfile(faults)
}

/** A copy in which every `{[mark]: text}` is what `by` makes of it; what its result holds is not looked at again. */
function replaced(value: unknown, mark: Mark, by: (text: string, path: Path) => unknown, path: Path = []): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item, index) => replaced(item, mark, by, [...path, String(index)]))
  const text = markedText(value, mark)
  if (text !== undefined) return by(text, path)
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, replaced(item, mark, by, [...path, name])]),
  )
}

function markedText(value: object, mark: Mark): string | undefined {
  const [entry, ...others] = Object.entries(value)
  return others.length === 0 && entry?.[0] === mark && typeof entry[1] === 'string' ? entry[1] : undefined
}

const ruleOf = (content: Pick<TemplateContent, 'extraction_rules'>, [part, index]: Path) =>
  part === 'extraction_rules' ? content.extraction_rules[Number(index)] : undefined

/** What a person would call it: the rule's name, else the last key of the path that is no index. */
function keyOf(masked: ProfileContent, path: Path): string {
  const rule = ruleOf(masked, path)
  if (rule) return String(rule.name)
  return path.findLast((key) => key !== '' && !/^\d+$/.test(key)) ?? 'value'
}

const MAX_NAME = 190

function unusedName(key: string, taken: ReadonlySet<string>): string {
  const name = key.slice(0, MAX_NAME)
  if (!taken.has(name)) return name
  for (let number = 2; ; number += 1) if (!taken.has(`${name}_${number}`)) return `${name}_${number}`
}

const KINDS = new Map<string, Slot['kind']>([
  ['payload', 'payload'],
  ['headers', 'header'],
  ['query', 'query'],
  ['userinfo', 'userinfo'],
])

function kindOf(content: TemplateContent, path: Path): Slot['kind'] {
  const rule = ruleOf(content, path)
  if (rule) return rule.source as 'fixed' | 'basic' | 'totp'
  return KINDS.get(path[requestDepth(path)] ?? '') ?? 'payload'
}
