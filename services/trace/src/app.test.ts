import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { platformIssuer } from '@munjigi/identity/issuers'
import { createVerifier } from '@munjigi/identity/verifier'
import { testDatabase } from '@munjigi/testing/database'
import { testIssuer } from '@munjigi/testing/issuer'
import { testStore } from '@munjigi/testing/store'
import { sql } from 'kysely'
import { buildApp } from './app.ts'
import { tenants } from './migrations/0002-tenants.ts'
import { migrationPlan } from './migrations/plan.ts'
import { MAX_ENTRIES_PER_TRACE, traceStore } from './store.ts'
import type { Tables } from './tables.ts'
import { tenantsOf } from './tenants.ts'

const [issuer, keycloak] = [await testIssuer(), await testIssuer()]
const { database, close } = await testDatabase(migrationPlan)
const store = testStore()
const verifier = createVerifier({
  issuers: [
    platformIssuer({ issuer: issuer.issuer, audience: 'munjigi', jwksUri: issuer.jwksUri }),
    // People are shared with it, and it knows no tenants.
    {
      ...platformIssuer({ issuer: keycloak.issuer, audience: 'munjigi', jwksUri: keycloak.jwksUri }),
      isPlatform: false,
    },
  ],
})
const app = buildApp({ database, store, verifier }, { logLevel: 'silent' })
const traces = traceStore(database.as<Tables>('trace_serving', { acrossTenants: true }).withSchema('trace'))
after(async () => {
  await app.close()
  verifier.close()
  await Promise.all([close(), store.close(), issuer.close(), keycloak.close()])
})

type Claims = Record<string, unknown> & { sub: string }
const lee: Claims = { sub: 'lee' }
const choi: Claims = { sub: 'choi' }
const TENANT = '00000000-0000-4000-8000-000000000001'
const otherTenant = '00000000-0000-4000-8000-000000000002'

function call(method: 'GET' | 'POST', path: string, claims?: Claims, payload?: object, by = issuer) {
  const headers = claims && { authorization: `Bearer ${by.token(claims)}`, 'x-user-sub': claims.sub }
  const url = `/api/trace/v1${path}`
  return app.inject({ method, url, ...(headers && { headers }), ...(payload && { payload }) })
}

type Answer = Awaited<ReturnType<typeof call>>
const refusal = (answer: Answer) => [answer.statusCode, answer.json().type]
const line = (message: string) => ({ level: 'info', message })
const append = (trace: string, claims: Claims, body: object = line('begins')) =>
  call('POST', `/traces/${trace}/entries`, claims, body)

test('entries are listed as they were appended, one or many at a time, numbered from 1', async () => {
  const trace = randomUUID()
  const first = await append(trace, lee, {
    ...line('시작'),
    fields: { step: 1, 단계: ['a'] },
    at: '2026-11-21T09:00:00.5+09:00',
  })
  const more = await append(trace, lee, [line('two'), line('three')])
  const { entries, next_cursor } = (await call('GET', `/traces/${trace}/entries`, lee)).json()

  assert.deepEqual([first.statusCode, first.json()], [201, { trace_id: trace, first_seq: 1, last_seq: 1 }])
  assert.deepEqual(more.json(), { trace_id: trace, first_seq: 2, last_seq: 3 })
  assert.deepEqual(entries[0], {
    trace_id: trace,
    seq: 1,
    at: '2026-11-21T00:00:00.500Z',
    level: 'info',
    message: '시작',
    fields: { step: 1, 단계: ['a'] },
  })
  assert.deepEqual(
    entries.map(({ seq, message }: { seq: number; message: string }) => [seq, message]),
    [
      [1, '시작'],
      [2, 'two'],
      [3, 'three'],
    ],
  )
  assert.equal(next_cursor, undefined)
  const beyond = await call('GET', `/traces/${trace}/entries?cursor=999999999999999`, lee)
  assert.deepEqual([beyond.statusCode, beyond.json()], [200, { entries: [] }])
})

test('pages join without a gap and the last one says so', async () => {
  const trace = randomUUID()
  await append(
    trace,
    lee,
    Array.from({ length: 5 }, (_, index) => line(String(index))),
  )
  const seqs: number[] = []
  let cursor: string | undefined = '0'
  while (cursor !== undefined) {
    const page: { entries: { seq: number }[]; next_cursor?: string } = (
      await call('GET', `/traces/${trace}/entries?limit=2&cursor=${cursor}`, lee)
    ).json()
    seqs.push(...page.entries.map(({ seq }) => seq))
    cursor = page.next_cursor
  }

  assert.deepEqual(seqs, [1, 2, 3, 4, 5])
})

test('appending at once from many callers numbers every entry once', async () => {
  const trace = randomUUID()
  // Six wait for one another: more would be too many for the second that each has, on a busy machine.
  const answers = await Promise.all(Array.from({ length: 6 }, () => append(trace, lee, [line('a'), line('b')])))
  const { entries } = (await call('GET', `/traces/${trace}/entries`, lee)).json()

  assert.deepEqual(
    answers.map((answer) => answer.json().last_seq).sort((a, b) => a - b),
    Array.from({ length: 6 }, (_, index) => 2 * index + 2),
  )
  assert.deepEqual(
    entries.map(({ seq }: { seq: number }) => seq),
    Array.from({ length: 12 }, (_, index) => index + 1),
  )
})

test('of two people who begin the same trace at once one owns it', async () => {
  const trace = randomUUID()
  const answers = await Promise.all([append(trace, lee), append(trace, choi)])
  const refused = answers.find(({ statusCode }) => statusCode !== 201)

  assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [201, 403])
  assert.equal(refused?.json().type, '/problems/trace-not-yours')
})

test('every route refuses without a token', async () => {
  for (const [method, path] of [
    ['POST', '/traces/a/entries'],
    ['GET', '/traces/a/entries'],
    ['GET', '/traces'],
  ] as const)
    assert.deepEqual(refusal(await call(method, path)), [401, '/problems/token-missing'], path)
})

test('an administrator lists traces of the tenant but appends to none', async () => {
  const trace = randomUUID()
  await append(trace, lee)

  for (const role of ['ADMIN', 'admin']) {
    assert.equal((await call('GET', `/traces/${trace}/entries`, { sub: 'park', role })).statusCode, 200)
    assert.deepEqual(refusal(await append(trace, { sub: 'park', role })), [403, '/problems/trace-not-yours'])
  }
})

test('a colleague is refused, and to another tenant the trace is not there', async () => {
  const trace = randomUUID()
  await append(trace, lee)
  const list = (claims: Claims) => call('GET', `/traces/${trace}/entries`, claims)

  assert.deepEqual(refusal(await list(choi)), [403, '/problems/trace-not-yours'])
  for (const role of ['USER', 'admin', 'ADMIN'])
    assert.deepEqual(refusal(await list({ sub: 'cho', role, tenant_id: otherTenant })), [
      404,
      '/problems/trace-not-found',
    ])
  assert.deepEqual(refusal(await call('GET', `/traces/${randomUUID()}/entries`, lee)), [
    404,
    '/problems/trace-not-found',
  ])
})

test('a trace id of one tenant is free in every other, and nothing tells that it is there', async () => {
  const trace = randomUUID()
  await append(trace, lee)
  const cho = { sub: 'cho', tenant_id: otherTenant }
  const absent = await call('GET', `/traces/${trace}/entries`, cho)
  const begun = (await append(trace, cho, line('theirs'))).json()

  assert.deepEqual(refusal(absent), [404, '/problems/trace-not-found'])
  assert.deepEqual(begun, { trace_id: trace, first_seq: 1, last_seq: 1 })
  for (const [claims, message] of [
    [lee, 'begins'],
    [cho, 'theirs'],
    [{ sub: 'park', role: 'ADMIN', tenant_id: otherTenant }, 'theirs'],
  ] as const) {
    const { entries } = (await call('GET', `/traces/${trace}/entries`, claims)).json()
    assert.deepEqual(
      entries.map((entry: { message: string }) => entry.message),
      [message],
    )
  }
})

test('what a token without a tenant began is its owner’s alone, under a platform token too', async () => {
  const [trace, later] = [randomUUID(), randomUUID()]
  const owner = { sub: randomUUID() }
  const byKeycloak = (method: 'GET' | 'POST', path: string, claims: Claims, payload?: object) =>
    call(method, path, { tenant_id: TENANT, role: 'ADMIN', ...claims }, payload, keycloak)
  const entries = `/traces/${trace}/entries`
  await byKeycloak('POST', entries, owner, line('by the chatbot'))
  await append(later, owner)
  await append(trace, owner, line('in the console'))

  for (const answer of [await byKeycloak('GET', entries, owner), await call('GET', entries, owner)])
    assert.deepEqual(
      answer.json().entries.map(({ message }: { message: string }) => message),
      ['by the chatbot', 'in the console'],
    )
  const { traces: listed } = (await call('GET', '/traces', owner)).json()
  assert.deepEqual(
    listed.map(({ trace_id }: { trace_id: string }) => trace_id),
    [later, trace],
  )
  const absent = [404, '/problems/trace-not-found']
  assert.deepEqual(refusal(await call('GET', entries, { sub: 'park', role: 'ADMIN' })), absent)
  assert.deepEqual(refusal(await byKeycloak('GET', entries, { sub: 'choi' })), absent)
  assert.equal((await byKeycloak('POST', entries, { sub: 'choi' }, line('x'))).json().last_seq, 1)
})

test('rows that were there before tenants were are found where they are looked for now', async () => {
  const owner_sub = 'company|이순신'
  const [tenant] = tenantsOf({ sub: owner_sub, tenantId: undefined })
  const [, backfill = ''] = /set tenant_id = (.*?)\s+where/s.exec(tenants.up) ?? []
  const reckoned = sql<{
    id: string
  }>`select ${sql.raw(backfill)} as id from (select ${owner_sub}::text as owner_sub) it`

  assert.deepEqual((await reckoned.execute(database.as('trace_serving'))).rows, [{ id: tenant }])
})

test('everybody sees their own traces only, newest first, in pages', async () => {
  const owner = { sub: randomUUID() }
  const ids = [randomUUID(), randomUUID(), randomUUID()]
  for (const id of ids) await append(id, owner)
  await append(ids[0] as string, owner)
  await append(randomUUID(), choi)
  const first = (await call('GET', '/traces?limit=2', owner)).json()
  const last = (await call('GET', `/traces?limit=2&cursor=${first.next_cursor}`, owner)).json()

  const listed: { trace_id: string; last_seq: number }[] = [...first.traces, ...last.traces]
  assert.deepEqual(
    listed.map(({ trace_id, last_seq }) => [trace_id, last_seq]),
    [
      [ids[2], 1],
      [ids[1], 1],
      [ids[0], 2],
    ],
  )
  assert.equal(last.next_cursor, undefined)
})

test('a trace takes so many entries and no more', async () => {
  const trace = randomUUID()
  await append(trace, lee)
  const db = database.as<Tables>('trace_serving', { acrossTenants: true }).withSchema('trace')
  await db
    .updateTable('traces')
    .set({ last_seq: MAX_ENTRIES_PER_TRACE - 1 })
    .where('id', '=', trace)
    .execute()

  assert.deepEqual(refusal(await append(trace, lee, [line('a'), line('b')])), [409, '/problems/trace-full'])
  assert.equal((await append(trace, lee)).json().last_seq, MAX_ENTRIES_PER_TRACE)
})

test('what was logged cannot be changed by the role that serves', async () => {
  const db = database.as<Tables>('trace_serving', { acrossTenants: true }).withSchema('trace')

  await assert.rejects(db.updateTable('entries').set({ message: 'x' }).execute(), { code: '42501' })
})

test('bad input is refused', async () => {
  const entries = '/traces/a/entries'
  const bad: ['GET' | 'POST', string, object?][] = [
    ['POST', '/traces/a.b/entries', line('x')],
    ['POST', `/traces/${'a'.repeat(65)}/entries`, line('x')],
    ['POST', entries, { level: 'fatal', message: 'x' }],
    ['POST', entries, line('')],
    ['POST', entries, line('x'.repeat(8193))],
    ['POST', entries, line('a\u0000')],
    ['POST', entries, { ...line('x'), seq: 7 }],
    ['POST', entries, { ...line('x'), fields: { 'a\nb': 1 } }],
    ['POST', entries, { ...line('x'), fields: { a: '\ud800' } }],
    ['POST', entries, { ...line('x'), at: '2026-12-31T23:59:60Z' }],
    ['POST', entries, { ...line('x'), at: '0000-01-01T00:00:00Z' }],
    ['POST', entries, { ...line('x'), at: '2026-11-21T00:00:00+0900' }],
    ['POST', entries, []],
    ['POST', entries, Array.from({ length: 101 }, () => line('x'))],
    ['GET', `${entries}?cursor=-1`],
    ['GET', `${entries}?limit=201`],
    ['GET', '/traces?cursor=abc'],
  ]
  for (const [method, path, payload] of bad)
    assert.deepEqual(
      refusal(await call(method, path, lee, payload)),
      [400, '/problems/invalid-request'],
      `${path} ${JSON.stringify(payload)?.slice(0, 80)}`,
    )
  assert.deepEqual(refusal(await append('a', lee, { ...line('x'), fields: { a: 'x'.repeat(9000) } })), [
    413,
    '/problems/entry-too-large',
  ])
})

test('retention removes what nobody writes to any more, entries and all', async () => {
  const owner = { sub: randomUUID() }
  const trace = randomUUID()
  for (let batch = 0; batch < 11; batch += 1)
    await append(
      trace,
      owner,
      Array.from({ length: 100 }, () => line('x')),
    )

  while (!(await traces.removeExpired(new Date(Date.now() - 60_000))));
  assert.equal((await traces.listEntries({ tenant_id: TENANT, id: trace }, 0, 2000)).length, 1100)
  while (!(await traces.removeExpired(new Date(Date.now() + 60_000))));
  assert.deepEqual(await traces.listEntries({ tenant_id: TENANT, id: trace }, 0, 1), [])
  assert.deepEqual((await call('GET', '/traces', owner)).json(), { traces: [] })
})

test('the OpenAPI document and readiness answer everybody', async () => {
  const document = (await app.inject('/api/trace/openapi.json')).json()

  assert.deepEqual(Object.keys(document.paths), [
    '/ws/trace/{trace_id}',
    '/api/trace/v1/traces/{trace_id}/entries',
    '/api/trace/v1/traces',
  ])
  assert.deepEqual((await app.inject('/readyz')).json().checks, { 'trace-database': 'ok', 'trace-store': 'ok' })
})
