import { withTenant } from '@munjigi/db/tenant'
import { listKeys } from '@munjigi/user/api-keys/api-keys'
import { listEvents } from '@munjigi/user/audit/events'
import { people } from '@munjigi/user/people/people-list'
import { listSessions } from '@munjigi/user/sessions/session-list'
import type { Tables } from '@munjigi/user/tables'
import { CompiledQuery, type Kysely, type QueryId, type RootOperationNode } from 'kysely'
import { KEY_OWNER, LARGE, SMALL, subOf } from './house.ts'

const LIMIT = 50
/** Of packages/db. */
const STATEMENT_LIMIT_MS = 700
const EXPLAIN = 'explain (analyze, timing off, format json)'

type Tenant = { tenant_id?: string }
type Page = (db: Kysely<Tables>, tenant: Tenant) => Promise<unknown>

/** Database time of one page: planning and execution of each of its statements. */
export interface PageTime {
  list: string
  page: string
  ms: number
}

/** Every page of every list once: as a superuser asks for it, and an administrator of either tenant. */
export async function timePages(db: Kysely<Tables>): Promise<PageTime[]> {
  const lists: Record<string, Record<string, Page>> = {
    people: await peoplePages(db),
    'audit log': await auditPages(db),
    sessions: { own: (handle) => listSessions(handle, subOf(KEY_OWNER), undefined) },
    'API keys': {
      'as many as there may be': (handle) =>
        listKeys(handle, { sub: subOf(KEY_OWNER), tenant_id: LARGE, valid_from: 0 }),
    },
  }
  const times: PageTime[] = []
  for (const [list, pages] of Object.entries(lists))
    for (const [page, ask] of Object.entries(pages))
      for (const time of await timesOf(db, ask)) times.push({ list, page: `${page}, ${time.by}`, ms: time.ms })
  return times
}

async function timesOf(db: Kysely<Tables>, ask: Page) {
  const under = (tenant_id: string) => () =>
    withTenant(db, tenant_id, (trx) => databaseTime(trx, (handle) => ask(handle, { tenant_id })))
  const askers = {
    superuser: () => databaseTime(db, (handle) => ask(handle, {})),
    'large tenant': under(LARGE),
    'small tenant': under(SMALL),
  }
  const times = []
  for (const [by, time] of Object.entries(askers)) times.push({ by, ms: await time().catch(limitOf) })
  return times
}

/** What the database stopped for its length took at least so long as it lets a statement run. */
function limitOf(error: Error & { code?: string }): number {
  if (error.code === '57014') return STATEMENT_LIMIT_MS
  throw error
}

async function peoplePages(db: Kysely<Tables>): Promise<Record<string, Page>> {
  const list =
    (filter: object): Page =>
    (handle, tenant) =>
      people(handle).list({ ...filter, ...tenant, limit: LIMIT })
  const [deep] = await db
    .selectFrom('people')
    .select(['sub', 'created_at'])
    .orderBy('created_at', 'desc')
    .offset(1_000)
    .limit(1)
    .execute()
  const cursor = cursorOf([momentOf(deep?.created_at), deep?.sub])
  return {
    oldest: list({}),
    'deep cursor': list({ cursor }),
    'search for a login id': list({ search: 'login4711' }),
    'search for a syllable': list({ search: '낙' }),
    'search for a family name': list({ search: '김' }),
    'search for what one tenant has': list({ search: '지사' }),
    'search for what all have': list({ search: 'login' }),
    'search for what nobody has': list({ search: 'zzz' }),
    'search, deep cursor': list({ search: '부서7', cursor }),
    'search for a family name, deep cursor': list({ search: '김', cursor }),
    'search and role': list({ search: '김', role: 'PENDING' }),
    'search and status': list({ search: '김', status: 'rejected' }),
    'search for what comes late': list({ search: 'login10' }),
    role: list({ role: 'PENDING' }),
    'role, deep cursor': list({ role: 'USER', cursor }),
    status: list({ status: 'rejected' }),
    'status, deep cursor': list({ status: 'rejected', cursor }),
    group: list({ group_id: 'group-7' }),
    'group, deep cursor': list({ group_id: 'group-7', cursor }),
  }
}

async function auditPages(db: Kysely<Tables>): Promise<Record<string, Page>> {
  const list =
    (filter: object): Page =>
    (handle, tenant) =>
      listEvents(handle, { ...filter, ...tenant, limit: LIMIT })
  const [deep] = await db.selectFrom('audit_events').select(['id', 'at']).orderBy('at').offset(2_000).limit(1).execute()
  const until = deep?.at.toISOString()
  const cursor = cursorOf([momentOf(deep?.at), deep?.id])
  return {
    newest: list({}),
    'deep cursor': list({ cursor }),
    actor: list({ actor: subOf(77) }),
    'actor, deep cursor': list({ actor: subOf(77), cursor }),
    target: list({ target: subOf(4711) }),
    'actor and target': list({ actor: subOf(77), target: subOf(4711) }),
    action: list({ action: 'session.started' }),
    'rare action': list({ action: 'person.rejected' }),
    'action of long ago': list({ action: 'person.approved' }),
    'beginning of actions': list({ action: 'person.' }),
    'beginning of actions, deep cursor': list({ action: 'session.', cursor }),
    'no action': list({ action: 'nothing.' }),
    'actor and action': list({ actor: subOf(77), action: 'session.' }),
    'time of long ago': list({ until }),
  }
}

/** With the microseconds of a Moment. */
const momentOf = (at: Date | undefined) => at?.toISOString().replace('Z', '000Z')
const cursorOf = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url')

/** Runs a list, then lets the database explain each of its statements, in milliseconds. */
async function databaseTime(handle: Kysely<Tables>, list: (db: Kysely<Tables>) => Promise<unknown>): Promise<number> {
  const seen = new Map<QueryId, RootOperationNode>()
  const sent: [QueryId, RootOperationNode][] = []
  // A part of a statement is transformed by itself, too, and has no result.
  const watched = handle.withPlugin({
    transformQuery({ node, queryId }) {
      seen.set(queryId, node)
      return node
    },
    async transformResult({ queryId, result }) {
      sent.push([queryId, seen.get(queryId) as RootOperationNode])
      return result
    },
  })
  await list(watched)
  let total = 0
  for (const [queryId, node] of sent) {
    const { sql, parameters } = handle.getExecutor().compileQuery(node, queryId)
    const { rows } = await handle.executeQuery<Explained>(CompiledQuery.raw(`${EXPLAIN} ${sql}`, [...parameters]))
    for (const plan of rows[0]?.['QUERY PLAN'] ?? []) total += plan['Planning Time'] + plan['Execution Time']
  }
  if (sent.length === 0) throw new Error('a page of the bench asked nothing of the database')
  return total
}

interface Explained {
  'QUERY PLAN': { 'Planning Time': number; 'Execution Time': number }[]
}
