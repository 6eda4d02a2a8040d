import { randomBytes, randomUUID } from 'node:crypto'
import { PLANS } from '@munjigi/embedded/services-host'
import pg from 'pg'
import { startProcess } from './own-process.ts'

/** The address under which each service reaches it by its own login, through that port. */
export type OwnDatabase = Record<keyof typeof PLANS, (port: number) => string>

/** A database of this house alone, migrated by each service's own job, with a login for each that owns nothing. */
export async function createDatabase(
  superuserUrl: string,
  opened: AsyncDisposableStack,
): Promise<{ logins: OwnDatabase; url: string }> {
  const database = `e2e_${randomUUID().replaceAll('-', '')}`
  const superuser = new pg.Client({ connectionString: superuserUrl })
  await superuser.connect()
  await superuser.query(`create database ${database}`)
  const names: string[] = []
  opened.defer(async () => {
    await superuser.query(`drop database ${database} with (force)`)
    for (const name of names) await superuser.query(`drop role ${name}`)
    await superuser.end()
  })
  const own = Object.assign(new URL(superuserUrl), { pathname: `/${database}` }).href
  const createLogin = async (service: keyof typeof PLANS): Promise<(port: number) => string> => {
    const job = startProcess(`services/${service}/src/migrate.ts`, { MIGRATION_DATABASE_URL: own })
    if ((await job.exited) !== 0) throw new Error(job.errors())
    const [name, password] = [`${database}_${service.replace('-', '_')}`, randomBytes(16).toString('hex')]
    await superuser.query(
      `create role ${name} login noinherit password '${password}' in role ${PLANS[service].servingRole}`,
    )
    names.push(name)
    const login = { username: name, password, pathname: `/${database}` }
    return (port) => Object.assign(new URL(superuserUrl), { ...login, host: `127.0.0.1:${port}` }).href
  }
  const logins = {
    user: await createLogin('user'),
    meal: await createLogin('meal'),
    trace: await createLogin('trace'),
    chatbot: await createLogin('chatbot'),
    'session-station': await createLogin('session-station'),
  }
  return { logins, url: own }
}
