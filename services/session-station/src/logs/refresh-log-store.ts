import type { RefreshLog, RefreshLogDay } from '@munjigi/contracts/auth-refresh-logs'
import { isoTime } from '@munjigi/db/iso-time'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

const SWEEP_ROWS = 1_000
const DAY_MS = 24 * 60 * 60_000

const columns = [
  'id',
  'profile_id',
  'service_id',
  'user_id',
  'refresh_type',
  'success',
  'extracted_fields',
  'error_message',
  'response_status_code',
  'duration_ms',
  isoTime('created_at'),
] as const

export interface LogFilter {
  success?: boolean | undefined
  refresh_type?: RefreshLog['refresh_type'] | undefined
  /** Inclusive. */
  from?: Date | undefined
  /** Exclusive. */
  to?: Date | undefined
}

export type RefreshLogStore = ReturnType<typeof refreshLogStore>

export function refreshLogStore(db: Kysely<Tables>) {
  function select(profileId: number, { success, refresh_type, from, to }: LogFilter) {
    let logs = db.selectFrom('auth_refresh_logs').where('profile_id', '=', profileId)
    if (success !== undefined) logs = logs.where('success', '=', success)
    if (refresh_type !== undefined) logs = logs.where('refresh_type', '=', refresh_type)
    if (from !== undefined) logs = logs.where('created_at', '>=', from)
    if (to !== undefined) logs = logs.where('created_at', '<', to)
    return logs
  }
  const selectPage = (profileId: number, filter: LogFilter, page: { before: number; limit: number }) =>
    select(profileId, filter).select(columns).where('id', '<', page.before).orderBy('id', 'desc').limit(page.limit)

  return {
    list: (...page: Parameters<typeof selectPage>): Promise<RefreshLog[]> => selectPage(...page).execute(),

    /** Oldest first, days without an attempt left out; today is one of the `days`. */
    listDays: (profileId: number, days: number, now: number, filter: LogFilter): Promise<RefreshLogDay[]> =>
      select(profileId, { ...filter, from: startOfDay(now - (days - 1) * DAY_MS) })
        .select([
          sql<string>`to_char(created_at at time zone 'UTC', 'YYYY-MM-DD')`.as('date'),
          sql<number>`count(*)::int`.as('total'),
          sql<number>`(count(*) filter (where success))::int`.as('succeeded'),
          sql<number>`round(avg(success::int), 4)::float8`.as('success_rate'),
          sql<number>`round(percentile_cont(0.5) within group (order by duration_ms))::int`.as('p50_ms'),
          sql<number>`round(percentile_cont(0.95) within group (order by duration_ms))::int`.as('p95_ms'),
        ])
        .groupBy('date')
        .orderBy('date')
        .execute(),

    /** One batch, whoever's; true when nothing is left. */
    async removeOlderThan(limit: Date): Promise<boolean> {
      const old = db
        .selectFrom('auth_refresh_logs')
        .select('id')
        .where('created_at', '<', limit)
        .orderBy('created_at')
        .limit(SWEEP_ROWS)
      const { numDeletedRows } = await db
        .deleteFrom('auth_refresh_logs')
        .where('id', 'in', old)
        .executeTakeFirstOrThrow()
      return numDeletedRows < SWEEP_ROWS
    },
  }
}

const startOfDay = (at: number): Date => new Date(at - (at % DAY_MS))
