import { type Kysely, sql, type Transaction } from 'kysely'
import type { LoginOutcome } from '../login/login-outcome.ts'
import type { CountLogin } from '../metrics.ts'
import type { Profile } from '../profiles/profile.ts'
import { NOTHING_FAILED, type ProfileRow, type ProfileRowChange } from '../profiles/profile-store.ts'
import type { Tables } from '../tables.ts'
import type { Mark, Target } from './context.ts'
import { contextStore } from './context-store.ts'
import { coolDown } from './cool-down.ts'

export interface Attempt {
  profile: Pick<Profile, 'id' | 'user_id' | 'service_id' | 'generation'>
  /** Of `begin`. */
  login_number: number
  refresh_type: 'login' | 'refresh' | 'test'
  outcome: LoginOutcome
}

export type LoginState = ProfileRow & {
  /** Of the present generation; null where there is none. */
  context: string | null
  context_number: number | null
}

export type LoginRecords = ReturnType<typeof loginRecords>

/** What is kept of logins: their numbers, what they made, why they failed, and one line in the log of each. */
export function loginRecords(db: Kysely<Tables>, now: () => number, countLogin?: CountLogin) {
  async function recorded(attempt: Attempt, work: Parameters<typeof ofProfile>[2]): Promise<boolean> {
    const isDone = await ofProfile(db, attempt, work)
    countLogin?.(attempt)
    return isDone
  }

  return {
    find: ({ sub, service_id }: Target): Promise<LoginState | undefined> =>
      db
        .selectFrom('auth_profiles')
        .leftJoin('auth_contexts', (join) =>
          join
            .onRef('auth_contexts.profile_id', '=', 'auth_profiles.id')
            .onRef('auth_contexts.generation', '=', 'auth_profiles.generation'),
        )
        .selectAll('auth_profiles')
        .select(['auth_contexts.context', 'auth_contexts.login_number as context_number'])
        .where('user_id', '=', sub)
        .where('service_id', '=', service_id)
        .executeTakeFirst(),

    findMark: ({ sub, service_id }: Target): Promise<(Mark & Pick<ProfileRow, 'status'>) | undefined> =>
      db
        .selectFrom('auth_profiles')
        .select(['id as profile_id', 'generation', 'login_number', 'status'])
        .where('user_id', '=', sub)
        .where('service_id', '=', service_id)
        .executeTakeFirst(),

    /** The number of a login that begins now; undefined where the profile has changed or gone. */
    async begin({ id, generation }: Pick<Profile, 'id' | 'generation'>): Promise<number | undefined> {
      const row = await db
        .updateTable('auth_profiles')
        .set({ login_number: sql`login_number + 1` })
        .where('id', '=', id)
        .where('generation', '=', generation)
        .returning('login_number')
        .executeTakeFirst()
      return row?.login_number
    },

    /** Keeps what a login made; false where the profile has changed or gone, or a newer login has been kept. */
    succeeded: (attempt: Attempt, context: string): Promise<boolean> =>
      recorded(attempt, async (trx, row) => {
        if (row.generation !== attempt.profile.generation) return false
        const { profile, login_number } = attempt
        const mark = { profile_id: profile.id, generation: profile.generation, login_number }
        if (!(await contextStore(trx).upsert(mark, context))) return false
        const last_refresh = new Date(now())
        await updateProfile(trx, row.id, { ...NOTHING_FAILED, last_refresh, totp_used: totpUsed(attempt) })
        return true
      }),

    /** A login that was a test: nothing is kept of it but that it went well. */
    tested: (attempt: Attempt): Promise<boolean> =>
      recorded(attempt, async (trx, row) => {
        if (row.generation !== attempt.profile.generation) return false
        await updateProfile(trx, row.id, { ...NOTHING_FAILED, totp_used: totpUsed(attempt) })
        return true
      }),

    /** Counts it, unless a later login has begun or the profile has changed; how long nobody tries again, in ms. */
    async failed(attempt: Attempt): Promise<number | undefined> {
      let pauseMs: number | undefined
      await recorded(attempt, async (trx, row) => {
        const { failure } = attempt.outcome
        const isLatest = row.generation === attempt.profile.generation && row.login_number === attempt.login_number
        if (!isLatest || !failure) return false
        const { waitMs, needsAuth, ...inARow } = coolDown(row, failure, Math.random())
        await updateProfile(trx, row.id, {
          ...inARow,
          ...(needsAuth && { status: 'needs_auth' }),
          retry_at: new Date(now() + waitMs),
          last_error: failure.message,
          totp_used: totpUsed(attempt),
        })
        if (!needsAuth) pauseMs = waitMs
        return true
      })
      return pauseMs
    },

    /** A renewal that failed and is followed by a login, which alone counts. */
    replaced: (attempt: Attempt): Promise<boolean> =>
      recorded(attempt, async (trx, row) => {
        await updateProfile(trx, row.id, { totp_used: totpUsed(attempt) })
        return true
      }),
  }
}

const totpUsed = ({ outcome }: Attempt) => JSON.stringify(outcome.totp_used)

type LockedRow = Pick<ProfileRow, 'id' | 'generation' | 'login_number' | 'failures' | 'outages'>

/** Writes the line in the log, and whatever `work` does to the profile; false where the profile is gone. */
function ofProfile(
  db: Kysely<Tables>,
  attempt: Attempt,
  work: (trx: Transaction<Tables>, row: LockedRow) => Promise<boolean>,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('auth_profiles')
      .select(['id', 'generation', 'login_number', 'failures', 'outages'])
      .where('id', '=', attempt.profile.id)
      .forUpdate()
      .executeTakeFirst()
    if (!row) return false
    await trx.insertInto('auth_refresh_logs').values(logLine(attempt)).execute()
    return work(trx, row)
  })
}

function logLine({ profile, refresh_type, outcome }: Attempt) {
  const { result, salvaged, failure, status, durationMs } = outcome
  return {
    profile_id: profile.id,
    service_id: profile.service_id,
    user_id: profile.user_id,
    refresh_type,
    success: result !== undefined,
    extracted_fields: JSON.stringify(Object.keys(result?.fields ?? salvaged)),
    error_message: failure?.message ?? null,
    response_status_code: status ?? null,
    duration_ms: Math.round(durationMs),
  }
}

async function updateProfile(trx: Transaction<Tables>, id: number, change: ProfileRowChange): Promise<void> {
  await trx.updateTable('auth_profiles').set(change).where('id', '=', id).execute()
}
