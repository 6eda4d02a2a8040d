import { createHash } from 'node:crypto'
import { connect, type Database } from './connect.ts'
import { engines, plainName, type Session } from './engine.ts'

/** One change, forward only: `name` is `0001-people`, `up` plain SQL, its tables unqualified or qualified. */
export interface Migration {
  readonly name: string
  readonly up: string
}

export interface MigrationPlan {
  readonly schema: string
  readonly servingRole: string
  readonly migrations: readonly Migration[]
}

/**
 * Brings `schema` up to the last migration, each in a transaction of its own, and returns the names of those applied now.
 * Tables belong to the role of the URL (on PGlite: to its superuser); `servingRole` is made if absent and may read and
 * write rows of every table made here, unless the migration revokes it. Safe to run twice at once.
 * @throws when an applied migration has changed or is missing from the list, or names are not in ascending order.
 */
export async function migrate(target: Database | string, plan: MigrationPlan): Promise<string[]> {
  assertOrdered(plan.migrations)
  const database = typeof target === 'string' ? connect(target) : target
  const engine = engines.get(database)
  if (!engine) throw new TypeError('not a Database made by connect()')
  try {
    const session = await engine.acquireOwner()
    try {
      await createHistory(session, plainName(plan.schema))
      await inTurn(session, plan.schema, () => grantServing(session, plan))
      return await applyAll(session, plan)
    } finally {
      session.release()
    }
  } finally {
    if (typeof target === 'string') await database.close()
  }
}

function assertOrdered(migrations: readonly Migration[]) {
  for (const [index, { name }] of migrations.entries()) {
    if (!/^\d{4}-[a-z0-9-]+$/.test(name)) throw new Error(`migration "${name}" is not named like 0001-people`)
    const before = migrations[index - 1]?.name ?? ''
    if (name.slice(0, 4) <= before.slice(0, 4)) throw new Error(`migration "${name}" does not come after "${before}"`)
  }
}

// Two processes may both find nothing and both create; PostgreSQL lets one of them fail with one of these.
const ALREADY_THERE = new Set(['23505', '42P06', '42P07', '42710'])

async function createHistory(session: Session, schema: string): Promise<void> {
  try {
    await session.run(`create schema if not exists "${schema}";
      create table if not exists "${schema}".migrations (
        name text constraint migrations__name primary key,
        checksum text not null,
        applied_at timestamptz not null default now()
      )`)
  } catch (error) {
    if (!ALREADY_THERE.has((error as { code?: string }).code ?? '')) throw error
    await createHistory(session, schema)
  }
}

/** A transaction that holds the history's lock; advisory locks exclude nobody on PGlite. */
async function inTurn<Result>(session: Session, schema: string, work: () => Promise<Result>): Promise<Result> {
  await session.begin('', [
    `set local search_path to "${schema}"`,
    `lock table "${schema}".migrations in exclusive mode`,
  ])
  try {
    const result = await work()
    await session.commit()
    return result
  } catch (error) {
    await session.rollback()
    throw error
  }
}

async function grantServing(session: Session, { schema, servingRole }: MigrationPlan) {
  const role = plainName(servingRole)
  await session.run(`
    do $$ begin
      if not exists (select 1 from pg_roles where rolname = '${role}') then create role "${role}" nologin; end if;
    exception when duplicate_object or unique_violation then null;
    end $$;
    do $$ begin
      -- By it an expression could change whose rows its statement sees. Who is no superuser has it revoked by infra/postgres/init.sh.
      if (select rolsuper from pg_roles where rolname = current_user)
        and has_function_privilege('public', 'pg_catalog.set_config(text, text, boolean)', 'execute')
      then revoke execute on function pg_catalog.set_config(text, text, boolean) from public; end if;
    exception when internal_error then null; -- Somebody else was about it.
    end $$;
    grant usage on schema "${schema}" to "${role}";
    alter default privileges in schema "${schema}" grant select, insert, update, delete on tables to "${role}";
    alter default privileges in schema "${schema}" grant usage, select on sequences to "${role}"`)
}

async function applyAll(session: Session, { schema, migrations }: MigrationPlan): Promise<string[]> {
  const applied: string[] = []
  for (let isDone = false; !isDone; ) {
    await inTurn(session, schema, async () => {
      const next = await findNext(session, schema, migrations)
      if (!next) {
        isDone = true
        return
      }
      await session.run(next.up)
      await session.query({
        text: `insert into "${schema}".migrations (name, checksum) values ($1, $2)`,
        parameters: [next.name, checksum(next)],
      })
      applied.push(next.name)
    })
  }
  return applied
}

async function findNext(
  session: Session,
  schema: string,
  migrations: readonly Migration[],
): Promise<Migration | undefined> {
  const { rows } = await session.query({ text: `select name, checksum from "${schema}".migrations order by name` })
  for (const [index, row] of (rows as { name: string; checksum: string }[]).entries()) {
    const migration = migrations[index]
    if (migration?.name !== row.name)
      throw new Error(`applied migration "${row.name}" is missing from the list or out of order`)
    if (checksum(migration) !== row.checksum)
      throw new Error(`migration "${row.name}" was changed after it was applied`)
  }
  return migrations[rows.length]
}

function checksum({ up }: Migration): string {
  return createHash('sha256').update(up).digest('hex')
}
