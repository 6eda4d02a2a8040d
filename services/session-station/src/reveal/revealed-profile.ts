import type { RevealedProfile } from '@munjigi/contracts/auth-contexts'
import type { Context, Target } from '../contexts/context.ts'
import { loginRecords } from '../contexts/login-records.ts'
import { openContext } from '../contexts/sealed-context.ts'
import type { StationDeps } from '../deps.ts'
import { profileNotFound } from '../problems.ts'
import { openContent } from '../profiles/sealed-content.ts'
import { answeredProfile, storedContent } from '../profiles/stored-content.ts'

/** @throws Problem 404 for what is not theirs */
export async function revealedProfile(
  { db, sealing, now }: Pick<StationDeps, 'db' | 'sealing' | 'now'>,
  target: Target,
): Promise<RevealedProfile> {
  const row = await loginRecords(db, now).find(target)
  if (!row) throw profileNotFound()
  const open = openContent(storedContent(row), row, sealing)
  const context = row.context === null ? undefined : openContext(sealing, target, row.context)
  return {
    profile: { ...answeredProfile(row), ...open },
    context: context && context.expires_at > now() ? shown(context) : null,
  }
}

const shown = ({ fields, injections, obtained_at, expires_at }: Context): RevealedProfile['context'] => ({
  fields,
  injections,
  obtained_at: new Date(obtained_at).toISOString(),
  expires_at: new Date(expires_at).toISOString(),
})
