import type { Database } from '@munjigi/db/connect'
import { type Kysely, sql } from 'kysely'

/** What may stand outside a tenant, each with the reason: `schema.table`, a unique key's `schema.index`, a foreign key's `schema.constraint`. */
export interface TenancyExceptions {
  tables: Record<string, string>
  keys: Record<string, string>
  references: Record<string, string>
}

interface Table {
  name: string
  has_tenant: boolean
  is_enabled: boolean
  is_forced: boolean
}
interface Policy {
  name: string
  table: string
  command: string
  using: string | null
  check: string | null
}

const OWN = "nullif(current_setting('app.tenant_id', true), '')::uuid"
const ALL = "nullif(current_setting('app.all_tenants', true), '')::boolean"
const POLICIES = [`tenant_id = ${OWN}`, ALL].map(plain)

/**
 * What the catalogue of a migrated database says against the isolation of tenants in `schemas` (DESIGN §8): one line per
 * fault, none where all is well. `role` is any serving role.
 */
export async function listTenancyFaults(
  database: Database,
  { role, schemas, exceptions }: { role: string; schemas: readonly string[]; exceptions: TenancyExceptions },
): Promise<string[]> {
  const db = database.as<unknown>(role)
  const tables = await listTables(db, schemas)
  const policies = await listPolicies(db, schemas)
  return [
    ...tables.flatMap((table) => tableFaults(table, policies, exceptions.tables)),
    ...namesGone(
      'table',
      Object.keys(exceptions.tables),
      tables.filter((table) => !table.has_tenant),
    ),
    ...(await keyFaults(db, schemas, exceptions.keys)),
    ...(await referenceFaults(db, schemas, exceptions)),
    ...(await bypassFaults(db, schemas)),
  ]
}

function tableFaults({ name, ...table }: Table, policies: Policy[], listed: Record<string, string>): string[] {
  if (!table.has_tenant) return name in listed ? [] : [`${name} has no tenant_id and stands on no list`]
  const own = policies.filter((policy) => policy.table === name)
  return [
    ...(table.is_enabled ? [] : [`${name} has no row-level security`]),
    ...(table.is_forced ? [] : [`${name} does not force row-level security on its owner`]),
    ...(own.some(({ using }) => plain(using ?? '') === POLICIES[0]) ? [] : [`${name} has no policy by tenant`]),
    ...own.filter((policy) => !isClosed(policy)).map((policy) => `${name}: policy ${policy.name} asks for no setting`),
  ]
}

/** A policy without an expression lets everything through. */
function isClosed({ command, using, check }: Policy): boolean {
  const expressions = command === 'INSERT' ? [check] : [using, check ?? using]
  return expressions.every((expression) => POLICIES.includes(plain(expression ?? '')))
}

/** As PostgreSQL writes an expression back, and as a migration does, come to the same. */
function plain(expression: string): string {
  return expression
    .toLowerCase()
    .replace(/::text/g, '')
    .replace(/[()\s]/g, '')
}

const namesGone = (kind: string, listed: string[], found: { name: string }[]): string[] =>
  listed.filter((name) => !found.some((each) => each.name === name)).map((name) => `${kind} ${name} is listed and gone`)

async function listTables(db: Kysely<unknown>, schemas: readonly string[]): Promise<Table[]> {
  const { rows } = await sql<Table>`
    select n.nspname || '.' || c.relname as name, c.relrowsecurity as is_enabled, c.relforcerowsecurity as is_forced,
      exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') as has_tenant
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in (${sql.join(schemas)}) and c.relkind in ('r', 'p', 'f') and c.relname <> 'migrations'
    order by 1`.execute(db)
  return rows
}

async function listPolicies(db: Kysely<unknown>, schemas: readonly string[]): Promise<Policy[]> {
  const { rows } = await sql<Policy>`
    select policyname as name, schemaname || '.' || tablename as table, cmd as command, qual as using, with_check as check
    from pg_policies where schemaname in (${sql.join(schemas)}) and permissive = 'PERMISSIVE' order by 1`.execute(db)
  return rows
}

/** A unique key across tenants tells one that another has the value. */
async function keyFaults(
  db: Kysely<unknown>,
  schemas: readonly string[],
  listed: Record<string, string>,
): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select n.nspname || '.' || i.relname as name
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_namespace n on n.oid = i.relnamespace
    join pg_attribute a on a.attrelid = x.indrelid and a.attname = 'tenant_id'
    where n.nspname in (${sql.join(schemas)}) and x.indisunique and not a.attnum = any (x.indkey::int2[])
    order by 1`.execute(db)
  const unlisted = rows.filter(({ name }) => !(name in listed))
  return [
    ...unlisted.map(({ name }) => `${name} is unique across tenants`),
    ...namesGone('key', Object.keys(listed), rows),
  ]
}

/** Foreign keys are checked past row-level security: one without the tenant tells that a row of another is there. */
async function referenceFaults(
  db: Kysely<unknown>,
  schemas: readonly string[],
  listed: Pick<TenancyExceptions, 'keys' | 'references'>,
): Promise<string[]> {
  const { rows } = await sql<{ name: string; key: string; has_tenant: boolean }>`
    select n.nspname || '.' || f.conname as name, n.nspname || '.' || k.relname as key, own.attnum is not null as has_tenant
    from pg_constraint f join pg_namespace n on n.oid = f.connamespace join pg_class k on k.oid = f.conindid
    join pg_attribute there on there.attrelid = f.confrelid and there.attname = 'tenant_id'
    left join pg_attribute own on own.attrelid = f.conrelid and own.attname = 'tenant_id'
    where n.nspname in (${sql.join(schemas)}) and f.contype = 'f' and not exists (
      select from unnest(f.conkey, f.confkey) as pair (here, there) where pair.here = own.attnum and pair.there = there.attnum
    ) order by 1`.execute(db)
  const unlisted = rows.filter(
    ({ name, key, has_tenant }) => !(name in listed.references) && (has_tenant || !(key in listed.keys)),
  )
  return [
    ...unlisted.map(({ name }) => `${name} reaches across tenants`),
    ...namesGone('reference', Object.keys(listed.references), rows),
  ]
}

/** Views and functions that run with their owner's rights see every tenant. */
async function bypassFaults(db: Kysely<unknown>, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in (${sql.join(schemas)}) and (c.relkind = 'm' or (c.relkind = 'v'
      and not coalesce(c.reloptions @> array['security_invoker=true'] or c.reloptions @> array['security_invoker=on'], false)))
    union all
    select n.nspname || '.' || p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in (${sql.join(schemas)}) and p.prosecdef order by 1`.execute(db)
  return rows.map(({ name }) => `${name} runs with its owner's rights`)
}
