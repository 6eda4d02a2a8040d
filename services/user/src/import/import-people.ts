import type { Kysely, Transaction } from 'kysely'
import { recordEvents } from '../audit/audit.ts'
import type { Tables } from '../tables.ts'
import { ensureDefaultTenant } from '../tenants/default-tenant.ts'
import { isUniqueViolation } from '../unique-violation.ts'
import { type House, type ImportedPerson, newcomersOf } from './newcomers.ts'
import { type Fault, readPeopleFile } from './people-file.ts'

// A statement has at most 65,535 parameters.
const BATCH = 1_000

export interface ImportOptions {
  /** The tenant of people whose line names none; the default one is made where it is absent. */
  tenant: { id: string; isDefault: boolean }
  /** Everything is tried and nothing is kept. */
  isDryRun: boolean
}

class DryRun extends Error {}

/** Makes everybody in the file or nobody, by a handle for commands; gives how many, or what is wrong with which line. */
export async function importPeople(
  db: Kysely<Tables>,
  file: Buffer,
  { tenant, isDryRun }: ImportOptions,
): Promise<{ count: number; faults: Fault[] }> {
  const { rows, faults } = readPeopleFile(file)
  let outcome = { count: 0, faults }
  const work = async (trx: Transaction<Tables>) => {
    if (tenant.isDefault) await ensureDefaultTenant(trx, tenant.id)
    const house = await houseOf(trx, tenant.id, rows)
    const read = newcomersOf(rows, house)
    const all = [...faults, ...read.faults].toSorted((a, b) => a.line - b.line)
    outcome = { count: all.length === 0 ? read.people.length : 0, faults: all }
    if (all.length > 0) return
    for (const batch of batchesOf(read.people)) await insertPeople(trx, batch)
    if (isDryRun) throw new DryRun('undone')
  }
  const attempt = (): Promise<void> =>
    db
      .transaction()
      .execute(work)
      .catch((error: unknown) => {
        if (!(error instanceof DryRun)) throw error
      })
  // Who came between reading and writing is found at the second reading, and told with the line.
  await attempt().catch((error: unknown) => {
    if (!isUniqueViolation(error)) throw error
    return attempt()
  })
  return outcome
}

async function houseOf(
  trx: Transaction<Tables>,
  defaultTenantId: string,
  rows: { login_id: string; email: string }[],
): Promise<House> {
  const tenants = await trx.selectFrom('tenants').select(['id', 'name']).execute()
  const names = new Map<string, string | undefined>()
  for (const { id, name } of tenants) names.set(name, names.has(name) ? undefined : id)
  for (const { id } of tenants) names.set(id, id)
  const sections = await trx.selectFrom('sections').select('id').execute()
  const loginIds = new Set<string>()
  const passwordEmails = new Set<string>()
  for (const batch of batchesOf(rows)) {
    const ids = batch.map(({ login_id }) => login_id.toLowerCase())
    const known = await trx
      .selectFrom('people')
      .select(({ fn }) => fn<string>('lower', ['user_id']).as('login_id'))
      .where(({ fn }) => fn<string>('lower', ['user_id']), 'in', ids)
      .execute()
    for (const { login_id } of known) loginIds.add(login_id)
    const emails = batch.map(({ email }) => email.toLowerCase())
    const taken = await trx.selectFrom('passwords').select('email').where('email', 'in', emails).execute()
    for (const { email } of taken) passwordEmails.add(email)
  }
  return { sections: new Set(sections.map(({ id }) => id)), tenants: names, defaultTenantId, loginIds, passwordEmails }
}

async function insertPeople(trx: Transaction<Tables>, people: ImportedPerson[]): Promise<void> {
  await trx
    .insertInto('people')
    .values(people.map(({ sections: _, password: __, ...person }) => ({ ...person, binds_at_sso: true })))
    .execute()
  const grants = people.flatMap(({ sub, sections }) =>
    sections.map(({ id, level }) => ({ person_sub: sub, section_id: id, level })),
  )
  if (grants.length > 0) await trx.insertInto('section_grants').values(grants).execute()
  const passwords = people.flatMap(({ sub, password }) => (password ? [{ person_sub: sub, ...password }] : []))
  if (passwords.length > 0) await trx.insertInto('passwords').values(passwords).execute()
  await recordEvents(
    trx,
    people.map(({ sub, tenant_id, user_id, role, sections, password }) => ({
      actor: null,
      action: 'person.imported',
      target: sub,
      tenant_id,
      request_id: null,
      details: { user_id, role, sections, password: password !== undefined },
    })),
  )
}

function* batchesOf<Item>(items: Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += BATCH) yield items.slice(start, start + BATCH)
}
