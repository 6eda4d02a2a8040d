import { isDeepStrictEqual } from 'node:util'
import { type AuthProfileChange, ProfileContent, type ProfileStatus } from '@munjigi/contracts/auth-profiles'
import type { SealedText } from '@munjigi/sealing/sealed-text'
import { invalidProfile } from '../problems.ts'
import { checkedContent } from './checked-content.ts'
import { mergedContent } from './merged-content.ts'
import { NOTHING_FAILED, type ProfileRow, type ProfileRowChange } from './profile-store.ts'
import { originOf } from './request-url.ts'
import { maskedContent, missingSecrets, sealContent } from './sealed-content.ts'
import { CONTENT_COLUMNS, contentColumns, storedContent } from './stored-content.ts'
import { validContent } from './valid-content.ts'

/** What a change of them says: the owner has mended the login. */
const LOGIN_COLUMNS = ['login_config', 'extraction_rules', 'refresh_config', 'allowed_origins'] as const

/** Columns to write for a change; a new `generation` among them where contexts made before must not be used any more. */
export function changedRow(row: ProfileRow, change: AuthProfileChange, sealing: SealedText): ProfileRowChange {
  requireSame(row, change)
  const before = storedContent(row)
  const merged = validContent(mergedContent(maskedContent(before), tellingContent(change)))
  const given = isDefaultOrigin(before) && change.allowed_origins === undefined ? withoutOrigins(merged) : merged
  const after = sealContent(checkedContent(given), { owner: row, sealing, before })
  const rewritten = CONTENT_COLUMNS.filter((column) => JSON.stringify(before[column]) !== JSON.stringify(after[column]))
  const changed = new Set(rewritten.filter((column) => !isSame(before[column], after[column])))
  const isMended = LOGIN_COLUMNS.some((column) => changed.has(column))
  const status = statusAfter(row, { wish: change.status, isMended, before, after })
  const isNewGeneration = changed.size > 0 || status !== row.status
  const columns = contentColumns(after)
  return {
    // Nothing but what was told: others may be changing the rest.
    ...Object.fromEntries(NAMES.filter((name) => change[name] !== undefined).map((name) => [name, change[name]])),
    ...Object.fromEntries(rewritten.map((column) => [column, columns[column]])),
    ...(isNewGeneration && { status, generation: row.generation + 1 }),
    ...(status === 'active' && (isMended || status !== row.status) && NOTHING_FAILED),
    updated_at: new Date(),
  }
}

/** Nobody named any: the proxy goes where the login goes, and follows it. */
const isDefaultOrigin = ({ allowed_origins: [first, ...others], login_config }: ProfileContent): boolean =>
  others.length === 0 && first === originOf(login_config.url)

const withoutOrigins = ({ allowed_origins: _default, ...content }: ProfileContent) => content

const NAMES = ['name', 'description', 'auth_type'] as const

/** The order of members is kept but says nothing. */
const isSame = (before: unknown, after: unknown): boolean =>
  isDeepStrictEqual(before, JSON.parse(JSON.stringify(after)))

/** Members that only we write are sent back by who has read them, and say nothing. */
function tellingContent(change: AuthProfileChange): AuthProfileChange {
  const told = Object.entries(change).filter(([name]) => Object.hasOwn(ProfileContent.properties, name))
  return Object.fromEntries(told)
}

function requireSame(row: ProfileRow, change: AuthProfileChange): void {
  const faults = (['id', 'user_id', 'service_id'] as const)
    .filter((name) => change[name] !== undefined && change[name] !== row[name])
    .map((field) => ({ field, message: 'stays as it is: make another profile instead' }))
  if (faults.length > 0) throw invalidProfile(faults)
}

interface Turn {
  wish: ProfileStatus | undefined
  isMended: boolean
  before: ProfileContent
  after: ProfileContent
}

function statusAfter({ status }: ProfileRow, { wish, isMended, before, after }: Turn): ProfileStatus {
  const missing = missingSecrets(after)
  if (missing.length > 0) {
    // Sent back as it was, `active` is no wish: a new destination has emptied the secrets in this very change.
    if (wish === 'active' && status !== 'active') requireNothingMissing(missing)
    return 'inactive'
  }
  if (wish === 'active' || wish === 'inactive') return wish
  if (status === 'needs_auth') return isMended ? 'active' : status
  return missingSecrets(before).length > 0 ? 'active' : status
}

/** @throws Problem 400 that names the places. */
export function requireNothingMissing(places: string[]): void {
  if (places.length > 0)
    throw invalidProfile(
      places.map((field) => ({ field, message: 'has to be entered before the profile can be active' })),
    )
}
