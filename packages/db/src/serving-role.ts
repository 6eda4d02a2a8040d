import { setTimeout as pause } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'

/** A database that starts beside its services is waited for; less than Fastify's 10 s for getting ready. */
const START_PATIENCE_MS = 8_000
const RETRY_MS = 200

interface Powers {
  name: string
  powers: string[]
}

/**
 * The start check: throws unless the role of `db` and, on PostgreSQL, the login behind it are neither superuser nor
 * BYPASSRLS nor CREATEROLE, own no table, and the login is NOINHERIT and a member of that role alone.
 */
export async function assertServingRole<Tables>(db: Kysely<Tables>): Promise<void> {
  const rows = await listPowers(db, Date.now() + START_PATIENCE_MS)
  const faults = rows.flatMap(({ name, powers }) => powers.map((power) => `role ${name} ${power}`))
  if (rows.length === 0) throw new Error('the serving role is not known to the database')
  if (faults.length > 0) throw new Error(`the serving role has too many rights: ${faults.join(', ')}`)
}

async function listPowers<Tables>(db: Kysely<Tables>, until: number): Promise<Powers[]> {
  try {
    return await selectPowers(db)
  } catch (error) {
    const { statusCode, message, code } = error as Error & { statusCode?: number; code?: string }
    if (statusCode !== 503) throw error
    if (Date.now() > until)
      throw Object.assign(new Error(`DATABASE_URL leads to no database that takes us: ${message || code}`), {
        statusCode,
      })
    await pause(RETRY_MS)
    return listPowers(db, until)
  }
}

async function selectPowers<Tables>(db: Kysely<Tables>): Promise<Powers[]> {
  // PGlite's only login is its superuser, as whom no statement of ours runs.
  const { rows } = await sql<Powers>`
    select r.rolname as name, array_remove(array[
      case when r.rolsuper then 'is a superuser' end,
      case when r.rolbypassrls then 'bypasses row-level security' end,
      case when r.rolcreaterole then 'may create roles' end,
      case when exists (select 1 from pg_class c where c.relowner = r.oid) then 'owns tables' end,
      case when r.rolinherit and r.rolname <> current_user then 'inherits the rights of its roles' end,
      case when exists (
        select 1 from pg_auth_members m join pg_roles o on o.oid = m.roleid
        where m.member = r.oid and o.rolname <> current_user
      ) then 'is a member of other roles' end
    ], null) as powers
    from pg_roles r
    where r.rolname = current_user or (r.rolname = session_user and version() not like '%(PGlite %')`.execute(db)
  return rows
}
