import { randomBytes, randomUUID } from 'node:crypto'
import { PLANS } from '@munjigi/embedded/services-host'
import pg from 'pg'
import { startProgram } from './own-process.ts'

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
  const services = Object.keys(PLANS) as (keyof typeof PLANS)[]
  await Promise.all(services.map((service) => migrate(service, own)))
  const createLogin = async (service: keyof typeof PLANS): Promise<(port: number) => string> => {
    const [name, password] = [`${database}_${service.replace('-', '_')}`, randomBytes(16).toString('hex')]
    await superuser.query(
      `create role ${name} login noinherit password '${password}' in role ${PLANS[service].servingRole}`,
    )
    names.push(name)
    const login = { username: name, password, pathname: `/${database}` }
    return (port) => Object.assign(new URL(superuserUrl), { ...login, host: `127.0.0.1:${port}` }).href
  }
  const logins: Partial<OwnDatabase> = {}
  for (const service of services) logins[service] = await createLogin(service)
  return { logins: logins as OwnDatabase, url: own }
}

async function migrate(service: keyof typeof PLANS, url: string): Promise<void> {
  const job = startProgram(`services/${service}/src/migrate.ts`, { MIGRATION_DATABASE_URL: url })
  if ((await job.exited) !== 0) throw new Error(job.written())
}
