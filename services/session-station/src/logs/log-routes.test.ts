import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { RefreshLog } from '@munjigi/contracts/auth-refresh-logs'
import { eventually } from '@munjigi/testing/eventually'
import { DeleteQueryNode, type KyselyPlugin, QueryNode, SelectQueryNode, sql } from 'kysely'
import { BASE, testService } from '../service.fixture.ts'
import { refreshLogStore } from './refresh-log-store.ts'

const NOW = Date.parse('2026-11-21T15:00:00Z')
const service = await testService({ now: () => NOW })
const { db, as } = service
after(service.close)

const lee = as('lee')

async function insertProfile(user_id: string, service_id: string): Promise<number> {
  const content = { login_config: '{}', extraction_rules: '[]', injection_rules: '[]', allowed_origins: '[]' }
  const { id } = await db
    .insertInto('auth_profiles')
    .values({ user_id, service_id, name: 'n', auth_type: 'bearer', ttl: 60, refresh_before_expire: 0, ...content })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

interface Attempt {
  at: string
  ms?: number
  success?: boolean
  type?: RefreshLog['refresh_type']
}

/** The table lets nobody choose when a row was made but in its own insert. */
async function insertLogs(profile_id: number, attempts: Attempt[]): Promise<void> {
  for (const { at, ms = 10, success = true, type = 'login' } of attempts)
    await sql`insert into session_station.auth_refresh_logs
      (profile_id, service_id, user_id, refresh_type, success, extracted_fields, error_message, response_status_code,
        duration_ms, created_at)
      values (${profile_id}, 'out', 'lee', ${type}, ${success}, '["token"]', ${success ? null : 'HTTP 401'},
        ${success ? 200 : 401}, ${ms}, ${at})`.execute(db)
}

const id = await insertProfile('lee', 'out')
await insertLogs(id, [
  { at: '2026-11-18T23:59:59Z', ms: 1 },
  { at: '2026-11-19T00:00:00Z', ms: 100 },
  { at: '2026-11-19T12:00:00Z', ms: 200, success: false, type: 'refresh' },
  { at: '2026-11-20T23:30:00Z', ms: 300, type: 'test' },
  { at: '2026-11-21T08:40:00+09:00', ms: 400 },
])
await insertLogs(await insertProfile('choi', 'out'), [{ at: '2026-11-20T00:00:00Z' }])

const durations = async (query: string) => {
  const answer = await lee('GET', `/auth-profiles/out/logs?${query}`)
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json().logs.map(({ duration_ms }: RefreshLog) => duration_ms)
}

test('logs are listed newest first with every column of the source, of the own profile alone', async () => {
  const { logs, next_cursor } = (await lee('GET', '/auth-profiles/out/logs')).json()
  const { id: logId, ...refresh } = logs[2]

  assert.deepEqual(
    logs.map(({ duration_ms }: RefreshLog) => duration_ms),
    [400, 300, 200, 100, 1],
  )
  assert.equal(typeof logId, 'number')
  assert.deepEqual(refresh, {
    profile_id: id,
    service_id: 'out',
    user_id: 'lee',
    refresh_type: 'refresh',
    success: false,
    extracted_fields: ['token'],
    error_message: 'HTTP 401',
    response_status_code: 401,
    duration_ms: 200,
    created_at: '2026-11-19T12:00:00.000Z',
  })
  assert.equal(next_cursor, undefined)
})

test('logs are filtered by success, type and time, from included and to not', async () => {
  assert.deepEqual(await durations('success=false'), [200])
  assert.deepEqual(await durations('success=False'), [200])
  assert.deepEqual(await durations('success=true&refresh_type=login'), [400, 100, 1])
  assert.deepEqual(await durations('from=2026-11-19T00:00:00Z&to=2026-11-20T23:30:00Z'), [200, 100])
})

test('pages join without a gap and the last one says so', async () => {
  const first = (await lee('GET', '/auth-profiles/out/logs?limit=3')).json()
  const second = (await lee('GET', `/auth-profiles/out/logs?limit=3&cursor=${first.next_cursor}`)).json()

  assert.deepEqual(
    [...first.logs, ...second.logs].map(({ duration_ms }: RefreshLog) => duration_ms),
    [400, 300, 200, 100, 1],
  )
  assert.equal(second.next_cursor, undefined)
})

test('the summary counts by day in UTC with the success rate, p50 and p95, oldest first', async () => {
  const answer = await lee('GET', '/auth-profiles/out/logs/summary?days=3')

  assert.deepEqual(answer.json(), [
    { date: '2026-11-19', total: 2, succeeded: 1, success_rate: 0.5, p50_ms: 150, p95_ms: 195 },
    { date: '2026-11-20', total: 2, succeeded: 2, success_rate: 1, p50_ms: 350, p95_ms: 395 },
  ])
})

test('the summary covers as many days as asked, today among them, and one kind of attempt where that is asked', async () => {
  const dates = async (query: string) =>
    (await lee('GET', `/auth-profiles/out/logs/summary?${query}`)).json().map(({ date }: { date: string }) => date)

  assert.deepEqual(await dates('days=1'), [])
  assert.deepEqual(await dates('days=4'), ['2026-11-18', '2026-11-19', '2026-11-20'])
  assert.deepEqual(await dates('refresh_type=test'), ['2026-11-20'])
})

test('a profile without a login has no logs and an empty summary', async () => {
  await insertProfile('lee', 'quiet')

  assert.deepEqual((await lee('GET', '/auth-profiles/quiet/logs')).json(), { logs: [] })
  assert.deepEqual((await lee('GET', '/auth-profiles/quiet/logs/summary')).json(), [])
})

for (const path of ['/auth-profiles/out/logs', '/auth-profiles/out/logs/summary']) {
  test(`${path}: nobody, another person and a token for the proxy are refused`, async () => {
    const nobody = await service.app.inject(BASE + path)
    const another = await as('park')('GET', path)
    const proxyOnly = await as('lee', { scope: 'session-station:proxy' })('GET', path)

    assert.deepEqual([nobody.statusCode, nobody.json().type], [401, '/problems/token-missing'])
    assert.deepEqual([another.statusCode, another.json().type], [404, '/problems/auth-profile-not-found'])
    assert.deepEqual([proxyOnly.statusCode, proxyOnly.json().type], [403, '/problems/scope-required'])
  })
}

test('a query that means nothing is refused', async () => {
  for (const query of [
    '?limit=0',
    '?limit=201',
    '?cursor=x',
    '?success=maybe',
    '?refresh_type=x',
    '?from=yesterday',
    '?other=1',
    '/summary?days=0',
    '/summary?days=91',
  ]) {
    const answer = await lee('GET', `/auth-profiles/out/logs${query}`)

    assert.deepEqual([query, answer.statusCode, answer.json().type], [query, 400, '/problems/invalid-request'])
  }
})

test('rows older than the limit are removed batch by batch, others stay', async () => {
  const profile = await insertProfile('lee', 'old')
  await sql`insert into session_station.auth_refresh_logs
    (profile_id, service_id, user_id, refresh_type, success, extracted_fields, duration_ms, created_at)
    select ${profile}, 'old', 'lee', 'login', true, '[]', 1, '2026-01-01' from generate_series(1, 1500)`.execute(db)
  await insertLogs(profile, [{ at: '2026-11-20T00:00:00Z' }])
  const logs = refreshLogStore(db)
  const limit = new Date('2026-02-01')

  assert.deepEqual([await logs.removeOlderThan(limit), await logs.removeOlderThan(limit)], [false, true])
  assert.equal((await logs.list(profile, {}, { before: 1e9, limit: 10 })).length, 1)
})

test('the service removes what is older than 90 days within the hour', async (t) => {
  const profile = await insertProfile('lee', 'aged')
  await insertLogs(profile, [{ at: '2026-08-23T14:59:59Z' }, { at: '2026-08-23T15:00:01Z', ms: 2 }])
  const left = async () => {
    const rows = await refreshLogStore(db).list(profile, {}, { before: 1e9, limit: 10 })
    return rows.map(({ duration_ms }) => duration_ms)
  }
  t.mock.timers.enable({ apis: ['setTimeout'] })
  await service.start().ready()
  t.mock.timers.tick(60 * 60_000)
  t.mock.timers.reset()

  await eventually(async () => assert.deepEqual(await left(), [2]))
})

test('a page and a sweep go by an index and sort nothing', async () => {
  const plans: string[] = []
  const explaining: KyselyPlugin = {
    transformQuery: ({ node }) =>
      SelectQueryNode.is(node) || DeleteQueryNode.is(node)
        ? QueryNode.cloneWithExplain(node, undefined, undefined)
        : node,
    transformResult: async ({ result }) => {
      plans.push(result.rows.map((row) => Object.values(row)[0]).join('\n'))
      return result
    },
  }
  await db.transaction().execute(async (trx) => {
    // So few rows would be read whole.
    await sql`set local enable_seqscan = off`.execute(trx)
    await sql`set local enable_bitmapscan = off`.execute(trx)
    const logs = refreshLogStore(trx.withPlugin(explaining))
    await logs.list(id, {}, { before: 1e9, limit: 50 })
    await logs.removeOlderThan(new Date(NOW))
  })

  assert.match(plans[0] ?? '', /Index Scan Backward using auth_refresh_logs__profile_id/)
  assert.match(plans[1] ?? '', /Index Scan using auth_refresh_logs__created_at/)
  assert.doesNotMatch(plans.join('\n'), /Sort/)
})
