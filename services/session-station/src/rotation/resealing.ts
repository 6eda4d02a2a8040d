import type { SealedText } from '@munjigi/sealing/sealed-text'
import type { Kysely } from 'kysely'
import { contextBind } from '../contexts/context.ts'
import { type ProfileRow, profileStore } from '../profiles/profile-store.ts'
import { resealContent } from '../profiles/sealed-content.ts'
import { storedContent } from '../profiles/stored-content.ts'
import { resealCheck } from '../sealing-check.ts'
import type { Tables } from '../tables.ts'

const BATCH = 100

export interface Resealed {
  profiles: number
  contexts: number
  /** What no key of the ring opens, by name; it is left as it is. */
  unreadable: string[]
}

/**
 * Seals everything anew that is not under the ring's first key. May be cut off and begun again, and runs beside the
 * service: what is changed meanwhile stays as it was changed. The check goes last, so that a ring without the old key
 * is refused until all is done.
 */
export async function resealAll(db: Kysely<Tables>, sealing: SealedText): Promise<Resealed> {
  const unreadable: string[] = []
  const profiles = await inBatches(batchesOf(db).profiles, (row) => resealProfile(db, sealing, row, unreadable))
  const contexts = await inBatches(batchesOf(db).contexts, (row) => resealContext(db, sealing, row, unreadable))
  if (unreadable.length === 0) await resealCheck(db, sealing)
  return { profiles, contexts, unreadable }
}

type ContextRow = Awaited<ReturnType<ReturnType<typeof batchesOf>['contexts']>>[number]

/** Both tables by the profile's id. */
const batchesOf = (db: Kysely<Tables>) => ({
  profiles: (after: number) =>
    db.selectFrom('auth_profiles').selectAll().where('id', '>', after).orderBy('id').limit(BATCH).execute(),
  contexts: (after: number) =>
    db
      .selectFrom('auth_contexts')
      .innerJoin('auth_profiles', 'auth_profiles.id', 'auth_contexts.profile_id')
      .select(['auth_profiles.id', 'user_id', 'service_id', 'context'])
      .where('profile_id', '>', after)
      .orderBy('profile_id')
      .limit(BATCH)
      .execute(),
})

async function inBatches<Row extends { id: number }>(
  read: (after: number) => Promise<Row[]>,
  reseal: (row: Row) => Promise<boolean>,
): Promise<number> {
  let count = 0
  for (let rows = await read(0); rows.length > 0; rows = await read(rows.at(-1)?.id ?? 0))
    for (const row of rows) if (await reseal(row)) count += 1
  return count
}

/** Undefined where no key opens it. */
function attempt<Result>(unreadable: string[], name: string, reseal: () => Result): Result | undefined {
  try {
    return reseal()
  } catch {
    unreadable.push(name)
    return undefined
  }
}

async function resealProfile(
  db: Kysely<Tables>,
  sealing: SealedText,
  row: ProfileRow,
  unreadable: string[],
): Promise<boolean> {
  const name = `profile ${row.id} (${row.service_id})`
  const resealed = attempt(unreadable, name, () => resealContent(storedContent(row), row, sealing))
  if (resealed === undefined || resealed.count === 0) return false
  const { login_config, extraction_rules, refresh_config } = resealed.content
  const written = await profileStore(db).update(row.id, row.generation, {
    login_config: JSON.stringify(login_config),
    extraction_rules: JSON.stringify(extraction_rules),
    refresh_config: refresh_config && JSON.stringify(refresh_config),
  })
  if (written) return true
  const changed = await profileStore(db).find(row.user_id, row.service_id)
  return changed ? resealProfile(db, sealing, changed, unreadable) : false
}

async function resealContext(
  db: Kysely<Tables>,
  sealing: SealedText,
  row: ContextRow,
  unreadable: string[],
): Promise<boolean> {
  const bind = contextBind({ sub: row.user_id, service_id: row.service_id })
  const sealed = attempt(unreadable, `login of profile ${row.id} (${row.service_id})`, () =>
    sealing.needsReseal(row.context) ? sealing.seal(sealing.open(row.context, bind), bind) : undefined,
  )
  if (sealed === undefined) return false
  const written = await db
    .updateTable('auth_contexts')
    .set({ context: sealed })
    .where('profile_id', '=', row.id)
    .where('context', '=', row.context)
    .returning('profile_id')
    .executeTakeFirst()
  // Another one is there by now, made while this ran and so under the first key.
  return written !== undefined
}
