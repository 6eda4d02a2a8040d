import type { AuthProfileChange, NewAuthProfile } from '@munjigi/contracts/auth-profiles'
import type { StationDeps } from '../deps.ts'
import { profileChanging, profileExists, profileNotFound, tooManyProfiles } from '../problems.ts'
import { changedRow, requireNothingMissing } from './changed-row.ts'
import { checkedContent } from './checked-content.ts'
import type { Creator } from './creator.ts'
import { type ProfileRow, profileStore } from './profile-store.ts'
import { missingSecrets, sealContent } from './sealed-content.ts'
import { contentColumns } from './stored-content.ts'

/** Changes of one profile at the same time are made one after the other; more than that do not meet by chance. */
const MAX_TRIES = 20
const MAX_PROFILES = 20_000

export type OwnProfiles = ReturnType<typeof ownProfiles>

/** What people do with their profiles. Every method but `create` throws 404 for what is not theirs. */
export function ownProfiles({ db, sealing, contexts }: Pick<StationDeps, 'db' | 'sealing' | 'contexts'>) {
  const profiles = profileStore(db)

  async function require(sub: string, service_id: string): Promise<ProfileRow> {
    const row = await profiles.find(sub, service_id)
    if (!row) throw profileNotFound()
    return row
  }

  async function change(
    sub: string,
    service_id: string,
    given: AuthProfileChange,
    tries = MAX_TRIES,
  ): Promise<ProfileRow> {
    const before = await require(sub, service_id)
    const row = await profiles.update(before.id, before.generation, changedRow(before, given, sealing))
    if (row === undefined && tries > 1) return change(sub, service_id, given, tries - 1)
    if (row === undefined) throw profileChanging()
    if (row.generation !== before.generation) await contexts.drop(row, row.generation)
    return row
  }

  return {
    list: profiles.list,
    require,
    change,

    /** Inactive where secrets are missing. @throws Problem 409 where there is one of that service. */
    async create({ sub, createdBy }: Creator, body: NewAuthProfile): Promise<ProfileRow> {
      const { service_id, status, description = null, refresh_config = null, expired = null, ...given } = body
      const owner = { user_id: sub, service_id }
      const content = sealContent(checkedContent({ ...given, description, refresh_config, expired }), {
        owner,
        sealing,
      })
      const missing = missingSecrets(content)
      if (status === 'active') requireNothingMissing(missing)
      // Many at once may go past it by as many.
      if ((await profiles.count(sub)) >= MAX_PROFILES) throw tooManyProfiles(MAX_PROFILES)
      const row = await profiles.insert({
        ...owner,
        ...contentColumns(content),
        status: status ?? (missing.length > 0 ? 'inactive' : 'active'),
        created_by: createdBy,
      })
      if (!row) throw profileExists()
      return row
    },

    async remove(sub: string, service_id: string): Promise<void> {
      const row = await profiles.remove(sub, service_id)
      if (!row) throw profileNotFound()
      await contexts.drop(row, row.generation + 1)
    },
  }
}
