import { type Kysely, sql } from 'kysely'
import { recordEvent } from '../audit.ts'
import { tooManyUploads } from '../problems.ts'
import type { Tables } from '../tables.ts'

const LOOKS_PER_HOUR = 30

interface Look {
  actor: string
  service_id: string
  request_id: string
  isPreview: boolean
}

/**
 * Notes that somebody has a profile compared with what they share of it. The comparison tells whether a text is one of the
 * profile's secrets, so whoever holds a person's token could guess by it: few guesses, and each is on record.
 */
export async function noteLook(db: Kysely<Tables>, { actor, service_id, request_id, isPreview }: Look): Promise<void> {
  const action = isPreview ? 'template.previewed' : 'template.upload-tried'
  if ((await countLooks(db, actor)) >= LOOKS_PER_HOUR) throw tooManyUploads()
  await recordEvent(db, { actor, action, target: service_id, request_id })
  // Counted again once it is noted: many at once see one another.
  if ((await countLooks(db, actor)) > LOOKS_PER_HOUR) throw tooManyUploads()
}

async function countLooks(db: Kysely<Tables>, actor: string): Promise<number> {
  const { looks } = await db
    .selectFrom('audit_events')
    .select(({ fn }) => fn.countAll<number>().as('looks'))
    .where('actor', '=', actor)
    .where('action', 'in', ['template.previewed', 'template.upload-tried'])
    .where('at', '>', sql<Date>`now() - interval '1 hour'`)
    .executeTakeFirstOrThrow()
  return looks
}
