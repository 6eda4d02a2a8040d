import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { PlatformClaims } from '@munjigi/contracts/tokens'
import { signAccessToken } from '@munjigi/identity/issue'
import type { UserDeps } from '../deps.ts'
import type { PersonRow } from '../people/person-rows.ts'
import { clocksDiffer } from './problems.ts'
import { type RightsClaims, settledRights } from './rights-claims.ts'
import type { TokenTimes } from './token-times.ts'

const MAX_WAIT_MS = 2_000

/** What distinguishes one token of a person from another. */
export interface TokenFacts extends TokenTimes {
  sid: string
  act?: NonNullable<PlatformClaims['act']>
  amr?: string[]
  scope?: string
}

/** A token dated to the future would be refused, so its second is waited for. */
async function waitForSecond(iat: number): Promise<void> {
  const wait = iat * 1000 - Date.now()
  if (wait > MAX_WAIT_MS) throw clocksDiffer()
  if (wait > 0) await delay(wait)
}

/** A platform access token with the claims of DESIGN §4.3; `rights` are given where they were read under the person's lock. */
export async function issueAccessToken(
  { db, settings, keys }: Pick<UserDeps, 'db' | 'settings' | 'keys'>,
  person: PersonRow,
  facts: TokenFacts,
  rights?: RightsClaims,
): Promise<string> {
  const key = await keys.access()
  await waitForSecond(facts.iat)
  const current = rights ?? (await settledRights(db, person.sub))
  const claims: PlatformClaims = {
    iss: settings.platformIssuer,
    aud: settings.platformAudience,
    sub: person.sub,
    jti: randomUUID(),
    ...facts,
    ...(person.email !== null && { email: person.email }),
    ...current,
    user_id: person.user_id,
    username_kr: person.username_kr,
    username_en: person.username_en,
    deptname_kr: person.deptname_kr,
    deptname_en: person.deptname_en,
  }
  return signAccessToken(claims, key)
}
