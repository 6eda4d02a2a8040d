import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { connect, type Database } from '@munjigi/db/connect'
import { type MigrationPlan, migrate } from '@munjigi/db/migrate'
import { sql } from 'kysely'
import pg from 'pg'

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/munjigi/', import.meta.url))

export interface TestDatabase {
  database: Database
  /** Where another process reaches it under the same rights; undefined on PGlite, which is in this process alone. */
  url: string | undefined
  /** One statement by the owner of the tables, for what the serving role may not: ANALYZE. */
  asOwner(statement: string): Promise<void>
  close(): Promise<void>
}

/**
 * A migrated database of the test file's own: PGlite in memory, or, where `MUNJIGI_TEST_DATABASE_URL` (a superuser's) is set,
 * a new PostgreSQL database, dropped at close, behind a login role that has no right but to take the plans' serving roles.
 */
export function testDatabase(...plans: [MigrationPlan, ...MigrationPlan[]]): Promise<TestDatabase> {
  const url = process.env.MUNJIGI_TEST_DATABASE_URL
  return url ? postgresDatabase(url, plans) : pgliteDatabase(plans)
}

async function pgliteDatabase(plans: MigrationPlan[]): Promise<TestDatabase> {
  const database = connect('pglite://memory', { dump: await cachedDump(plans) })
  const asOwner = async (statement: string) => void (await sql.raw(statement).execute(database.as('postgres')))
  return { database, url: undefined, asOwner, close: () => database.close() }
}

// A fresh PGlite takes seconds, one from a dump a fraction.
async function cachedDump(plans: MigrationPlan[]): Promise<Blob> {
  const schemas = plans.map(({ schema }) => schema).join('+')
  const name = `${schemas}-${await fingerprint(plans)}.tar`
  const cached = await readFile(CACHE + name).catch(() => undefined)
  if (cached) return new Blob([cached])
  const dump = await freshDump(plans)
  await mkdir(CACHE, { recursive: true })
  const outdated = (await readdir(CACHE)).filter((file) => file.startsWith(`${schemas}-`) && file.endsWith('.tar'))
  await Promise.all(outdated.map((file) => rm(CACHE + file, { force: true })))
  // Renamed into place: another test process sees a whole file or none.
  const draft = `${CACHE}${randomUUID()}`
  await writeFile(draft, dump.stream())
  await rename(draft, CACHE + name)
  return dump
}

/** Of all that a dump is made from: the plans, the code that runs them, and the version of PGlite. */
async function fingerprint(plans: MigrationPlan[]): Promise<string> {
  const sources = [import.meta.resolve('@munjigi/db/migrate'), new URL('../../../pnpm-workspace.yaml', import.meta.url)]
  const hash = createHash('sha256').update(JSON.stringify(plans))
  for (const source of sources) hash.update(await readFile(new URL(source)))
  return hash.digest('hex')
}

async function freshDump(plans: MigrationPlan[]): Promise<Blob> {
  const database = connect('pglite://memory')
  for (const plan of plans) await migrate(database, plan)
  return database.dump().finally(() => database.close())
}

async function postgresDatabase(superuserUrl: string, plans: MigrationPlan[]): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const password = randomUUID()
  const own = new URL(superuserUrl)
  own.pathname = `/${name}`
  await runSql(superuserUrl, `create database ${name}`)
  const ownerUrl = own.href
  for (const plan of plans) await migrate(ownerUrl, plan)
  const roles = plans.map(({ servingRole }) => servingRole).join(', ')
  await runSql(ownerUrl, `create role ${name} login noinherit password '${password}' in role ${roles}`)
  own.username = name
  own.password = password
  const database = connect(own.href)
  return {
    database,
    url: own.href,
    asOwner: (statement) => runSql(ownerUrl, statement),
    async close() {
      await database.close()
      await runSql(superuserUrl, `drop database ${name} with (force)`, `drop role ${name}`)
    },
  }
}

async function runSql(url: string, ...statements: string[]) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
