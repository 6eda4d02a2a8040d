import { randomUUID } from 'node:crypto'
import { SUBJECT } from '@munjigi/identity/claims'
import type { UserDeps } from '../deps.ts'
import type { Settings } from '../settings.ts'
import type { SignedIn } from './idp.ts'
import { answerInvalid, loginIdMissing } from './problems.ts'
import { type Profile, readProfile } from './profile.ts'

export interface Newcomer {
  identity: SignedIn
  profile: Profile & { user_id: string }
  /** The platform's subject if nobody has this name yet. */
  sub: string
  isInitialAdmin: boolean
  tenantId: string
  requestId: string
}

const ANY_SUBJECT = /^\P{Cc}{1,255}$/u

/** @throws Problem 400 `sso-answer-invalid` or 502 `login-id-missing`. */
export function newcomer({ settings, idp }: UserDeps, identity: SignedIn, requestId: string): Newcomer {
  if (!isUsable(identity.sub, idp.namesPeople, settings.issuers)) throw answerInvalid()
  const { user_id, ...profile } = readProfile(identity.claims, settings.claims)
  if (user_id === undefined) throw loginIdMissing()
  return {
    identity,
    profile: { ...profile, user_id },
    sub: idp.namesPeople ? identity.sub : randomUUID(),
    isInitialAdmin: settings.initialAdminIds.has(user_id),
    tenantId: settings.defaultTenantId,
    requestId,
  }
}

/** A subject of ours that begins with another issuer's name would be read as one of its people (DESIGN §4.3). */
function isUsable(sub: string, becomesOurs: boolean, issuers: Settings['issuers']): boolean {
  if (!becomesOurs) return ANY_SUBJECT.test(sub)
  return SUBJECT.test(sub) && !issuers.some(({ name }) => name !== undefined && sub.startsWith(`${name}|`))
}
