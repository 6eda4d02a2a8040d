import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { after, afterEach, type TestContext, test } from 'node:test'
import { setImmediate as soon } from 'node:timers/promises'
import { withTenant } from '@munjigi/db/tenant'
import { failingDatabase } from '@munjigi/testing/failing-database'
import { sql } from 'kysely'
import { createUserService } from '../case-roles/user-service.ts'
import { INTERNAL_KEY, OTHER_TENANT, outcome, TENANT, testService } from '../service.fixture.ts'
import { caseProcess } from './case-process.fixture.ts'
import { sweepGrants, unsettledGrants } from './unsettled-grants.ts'

const HOUR_MS = 3_600_000

const service = await testService()
const { call, newPerson, user } = service
const sweeper = createUserService({ url: user.url, internalKey: INTERNAL_KEY }, { error() {} })
after(async () => {
  await sweeper.close()
  await service.close()
})
afterEach(() => user.answerWith())

const sweep = (patienceMs = 0) => sweepGrants(service.db, { db: service.db, user: sweeper }, patienceMs)
const unsettled = () => service.db.selectFrom('unsettled_grants').select(['case_id', 'state']).execute()
const create = (creator = newPerson('manager'), base = service.url) =>
  call(creator, 'POST', '/cases', { title: 'x' }, { base })

/** Nobody sees the case, the grant is known to be unsettled, and the sweep leaves nothing of it. */
async function isSwept(creator: ReturnType<typeof newPerson>) {
  const [left] = await unsettled()
  assert.ok(left)
  assert.deepEqual((await call(newPerson('admin'), 'GET', '/cases')).body.cases, [])
  user.answerWith()
  assert.deepEqual((await call(creator, 'GET', '/cases')).body.cases, [])
  assert.equal(outcome(await call(creator, 'GET', `/cases/${left.case_id}`)), '404 case-not-found')
  await sweep()
  assert.deepEqual(await unsettled(), [])
  assert.deepEqual(user.grantsOf(left.case_id), [])
}

for (const [how, answer] of Object.entries({
  fails: (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(500).end(),
  'says nothing': () => {},
  'cuts the line': (request: IncomingMessage) => void request.socket.destroy(),
  'grants and says nothing': (request: IncomingMessage, _response: ServerResponse, text: string) => {
    const silent = { setHeader() {}, end() {}, writeHead: () => silent } as never
    return user.play(request, silent, text)
  },
  'grants and dies': async (request: IncomingMessage, _response: ServerResponse, text: string) => {
    const silent = { setHeader() {}, end() {}, writeHead: () => silent } as never
    await user.play(request, silent, text)
    request.socket.destroy()
  },
}))
  test(`user ${how}: 503, there is no case, and the grant is swept`, async () => {
    const creator = newPerson('manager')
    user.answerWith(answer)
    const refused = await create(creator)

    assert.deepEqual([outcome(refused), refused.headers.get('retry-after')], ['503 case-roles-unknown', '1'])
    await isSwept(creator)
  })

test('the database goes between the grant and the row: 503, there is no case, and the grant is swept', async () => {
  const creator = newPerson('manager')
  const base = await service.start({
    database: failingDatabase(
      service.database,
      (text) => text.includes('"InsertQueryNode"') && text.includes('"title"'),
    ),
  })
  const refused = await create(creator, base)

  assert.deepEqual([outcome(refused), refused.headers.get('retry-after')], ['503 unavailable', '1'])
  assert.equal(user.allCases().length, 1)
  await isSwept(creator)
})

test('the database is away from the beginning: 503, user is not asked, and it passes without a restart', async () => {
  let isAway = true
  const creator = newPerson('manager')
  const base = await service.start({ database: failingDatabase(service.database, () => isAway) }).catch(async () => {
    // The start check needs the database too.
    isAway = false
    const url = await service.start({ database: failingDatabase(service.database, () => isAway) })
    isAway = true
    return url
  })
  const asked = user.requests.length
  assert.equal(outcome(await create(creator, base)), '503 unavailable')
  assert.equal(user.requests.length, asked)
  assert.equal(outcome(await call(newPerson('admin'), 'GET', '/cases', undefined, { base })), '503 unavailable')
  isAway = false

  const made = await create(creator, base)
  assert.equal(outcome(made), '201')
  assert.equal((await call(newPerson('admin'), 'DELETE', `/cases/${made.body.case_id}`)).status, 204)
})

test('somebody whom user does not know makes no case', async () => {
  const creator = { ...newPerson('manager'), sub: 'nobody' }

  assert.equal(outcome(await create(creator)), '404 unknown-person')
  await isSwept(creator)
})

test('what is being made is left alone, and what the sweep took cannot be made any more', async () => {
  const creator = newPerson('manager')
  user.answerWith(async (request, response, text) => {
    if (request.method !== 'PUT') return user.play(request, response, text)
    await sweep(HOUR_MS)
    assert.deepEqual(
      (await unsettled()).map(({ state }) => state),
      ['creating'],
    )
    return user.play(request, response, text)
  })
  const made = await create(creator)
  assert.equal(outcome(made), '201')
  await sweep()
  assert.deepEqual(user.grantsOf(made.body.case_id), [[creator.sub, 'trustee']])

  user.answerWith(async (request, response, text) => {
    if (request.method === 'PUT') await sweep()
    return user.play(request, response, text)
  })
  const before = user.allCases()
  assert.equal(outcome(await create(creator)), '503 creation-too-slow')
  assert.deepEqual((await call(creator, 'GET', '/cases')).body.cases.length, 1)
  assert.equal(user.allCases().length, before.length + 1)
  await sweep()
  assert.deepEqual([user.allCases(), await unsettled()], [before, []])
  assert.equal((await call(newPerson('admin'), 'DELETE', `/cases/${made.body.case_id}`)).status, 204)
})

test('a grant that comes while the sweep has seen none yet is left to the next one', async () => {
  const before = user.allCases()
  const [seen, made] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const slow = {
    ...sweeper,
    async listOfCase(of: Parameters<typeof sweeper.listOfCase>[0]) {
      const members = await sweeper.listOfCase(of)
      seen.resolve()
      await made.promise
      return members
    },
  }
  let sweeping: Promise<unknown> | undefined
  user.answerWith(async (request, response, text) => {
    if (request.method === 'PUT') {
      sweeping = sweepGrants(service.db, { db: service.db, user: slow }, 0)
      await seen.promise
    }
    return user.play(request, response, text)
  })
  assert.equal(outcome(await create()), '503 creation-too-slow')
  made.resolve()
  await sweeping
  assert.equal(user.allCases().length, before.length + 1)

  await sweep()
  assert.deepEqual([user.allCases(), await unsettled()], [before, []])
})

test('the grants of a case that was deleted while user was away are swept, those of other tenants too', async () => {
  const ids = []
  const expected = []
  for (const tenant of [TENANT, OTHER_TENANT]) {
    const [creator, admin] = [newPerson('manager', tenant), newPerson('admin', tenant)]
    const made = await create(creator)
    ids.push(made.body.case_id)
    expected.push({ case_id: made.body.case_id, sub: creator.sub, actor: admin.sub })
    user.answerWith((_request, response) => void response.writeHead(500).end())
    assert.equal((await call(admin, 'DELETE', `/cases/${made.body.case_id}`)).status, 204)
    user.answerWith()
    assert.equal(user.grantsOf(made.body.case_id).length, 1)
  }
  await assert.doesNotReject(sweep())

  for (const id of ids) assert.deepEqual(user.grantsOf(id), [])
  assert.deepEqual(await unsettled(), [])
  // Who deleted the case is who withdrew its roles, in user's audit log, and the sweep knows it still.
  assert.deepEqual(user.withdrawals.slice(-2), expected)
})

test('a running service sweeps by itself', async (t: TestContext) => {
  const of = { tenant_id: TENANT, case_id: crypto.randomUUID() }
  user.setGrants([{ ...of, sub: newPerson('manager').sub, role: 'trustee' }])
  await withTenant(service.db, TENANT, (trx) => unsettledGrants(trx).add(of, 'creating'))
  t.mock.timers.enable({ apis: ['setTimeout'] })
  await service.start()
  await service.db.updateTable('unsettled_grants').set({ since: sql`now() - interval '1 minute'` }).execute()

  // Once: time limits of what the sweep asks would pass with a second one.
  t.mock.timers.tick(60_000)
  while ((await unsettled()).length > 0) await soon()
  assert.deepEqual(user.grantsOf(of.case_id), [])
})

test('a sweep while user is away changes nothing and says so', async () => {
  const creator = newPerson('manager')
  user.answerWith((_request, response) => void response.writeHead(500).end())
  await create(creator)

  await assert.rejects(sweep(), { type: 'case-roles-unknown' })
  assert.equal((await unsettled()).length, 1)
  await isSwept(creator)
})

test('a process that is killed between grant and row leaves no case, and the next one sweeps the grant', async (t: TestContext) => {
  const folder = mkdtempSync(`${tmpdir()}/munjigi-case-`)
  t.after(() => rmSync(folder, { recursive: true }))
  const { sub } = newPerson('manager')
  const settings = {
    databaseUrl: `pglite://${folder}/data`,
    userUrl: user.url,
    internalKey: INTERNAL_KEY,
    sub,
    tenantId: TENANT,
  }
  const before = user.allCases()
  const doomed = caseProcess('create', settings)
  user.answerWith(async (request, response, text) => {
    await user.play(request, { setHeader() {}, end() {}, writeHead: () => response } as never, text)
    doomed.kill()
  })
  const [, signal] = await doomed.exited
  assert.equal(signal, 'SIGKILL')
  const [orphan = '', ...more] = user.allCases().filter((id) => !before.includes(id))
  assert.deepEqual([user.grantsOf(orphan), more], [[[sub, 'trustee']], []])
  user.answerWith()

  const [code] = await caseProcess('sweep', settings).exited
  assert.equal(code, 0)
  assert.deepEqual(user.grantsOf(orphan), [])
})
