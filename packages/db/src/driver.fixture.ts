import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { connect, type Database } from './connect.ts'
import { type MigrationPlan, migrate } from './migrate.ts'

export interface Opened {
  database: Database
  /** Where `migrate` may be run again; on PGlite the database itself. */
  owner: Database | string
  close(): Promise<void>
}

export interface TestDriver {
  name: string
  open(plan: MigrationPlan): Promise<Opened>
}

/** What the tests of this package run on: PGlite always, PostgreSQL where a superuser's URL is given. */
export function drivers(superuserUrl: string | undefined): TestDriver[] {
  const pglite = { name: 'PGlite', open: openPglite }
  if (!superuserUrl) return [pglite]
  return [pglite, { name: 'PostgreSQL', open: (plan) => openPostgres(superuserUrl, plan) }]
}

async function openPglite(plan: MigrationPlan): Promise<Opened> {
  const database = connect('pglite://memory')
  await migrate(database, plan)
  return { database, owner: database, close: () => database.close() }
}

/** A new database behind a login with no right but to take the serving role; `aim` may turn the login's URL elsewhere. */
export async function openPostgres(superuserUrl: string, plan: MigrationPlan, aim: (login: URL) => void = () => {}) {
  const name = `db_test_${randomUUID().replaceAll('-', '')}`
  const own = new URL(superuserUrl)
  own.pathname = `/${name}`
  const login = new URL(own)
  login.username = name
  login.password = randomUUID()
  aim(login)

  await runSql(superuserUrl, `create database ${name}`)
  await migrate(own.href, plan)
  const rights = `noinherit password '${login.password}' in role ${plan.servingRole}`
  await runSql(superuserUrl, `create role ${name} login ${rights}`)
  const database = connect(login.href)
  return {
    database,
    owner: own.href,
    login: name,
    runAsSuperuser: (statement: string) => runSql(own.href, statement),
    async close() {
      await database.close()
      await runSql(superuserUrl, `drop database ${name} with (force)`)
      await runSql(superuserUrl, `drop role ${name}`)
    },
  }
}

async function runSql(url: string, statement: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}
