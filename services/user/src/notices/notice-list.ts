import type { Notice, NoticeQuery } from '@munjigi/contracts/notices'
import { pageOf } from '@munjigi/db/page'
import { readCursor, writeCursor } from '@munjigi/server/cursor'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'
import type { Tables } from '../tables.ts'

const Place = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

const selectNotices = (db: Kysely<Tables>) =>
  db
    .selectFrom('notices')
    .select(['id', 'kind', 'recipients', 'content', 'attempts', 'last_error', 'created_at'])
    .select(['next_attempt_at', 'delivered_at'])

type Row = Awaited<ReturnType<ReturnType<typeof selectNotices>['executeTakeFirstOrThrow']>>

export async function listNotices(db: Kysely<Tables>, { status, cursor, limit }: NoticeQuery) {
  let query = selectNotices(db)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (status !== undefined) query = query.where('delivered_at', status === 'delivered' ? 'is not' : 'is', null)
  if (status === 'waiting') query = query.where('next_attempt_at', 'is not', null)
  if (status === 'failed') query = query.where('next_attempt_at', 'is', null)
  if (cursor !== undefined) query = query.where('id', '<', readCursor(Place, cursor))
  const [page, last] = pageOf(await query.execute(), limit)
  return { notices: page.map(toNotice), ...(last && { next_cursor: writeCursor(last.id) }) }
}

export async function findNotice(db: Kysely<Tables>, id: number): Promise<Notice | undefined> {
  const row = await selectNotices(db).where('id', '=', id).executeTakeFirst()
  return row && toNotice(row)
}

/** False where it is absent or delivered. */
export async function retryNotice(db: Kysely<Tables>, id: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('notices')
    .set({ next_attempt_at: new Date() })
    .where('id', '=', id)
    .where('delivered_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

function toNotice({ content, delivered_at, next_attempt_at, created_at, ...row }: Row): Notice {
  const undelivered = next_attempt_at ? 'waiting' : 'failed'
  return {
    ...row,
    status: delivered_at ? 'delivered' : undelivered,
    subject: content.subject,
    created_at: created_at.toISOString(),
    next_attempt_at: next_attempt_at?.toISOString() ?? null,
    delivered_at: delivered_at?.toISOString() ?? null,
  }
}
