import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { withTenant } from '@munjigi/db/tenant'
import { connectStore } from '@munjigi/store/connect'
import { sql } from 'kysely'
import { OTHER_TENANT, outcome, type Person, TENANT, testService, until } from '../service.fixture.ts'

const service = await testService()
after(() => service.close())
const { call, newCase, newPerson, user } = service
const trustee = newPerson('manager')
const admin = newPerson('admin')

const assign = (caseId: string, whom: Person | string, role: string, by = trustee) =>
  call(by, 'PUT', `/cases/${caseId}/members/${encodeURIComponent(typeof whom === 'string' ? whom : whom.sub)}`, {
    role,
  })
const withdraw = (caseId: string, whom: Person, by = trustee) =>
  call(by, 'DELETE', `/cases/${caseId}/members/${encodeURIComponent(whom.sub)}`)
const read = (caseId: string, person: Person) => call(person, 'GET', `/cases/${caseId}`)
const membersOf = async (caseId: string) => (await call(trustee, 'GET', `/cases/${caseId}/members`)).body.members

test('a trustee assigns and withdraws, and it counts without a new login', async () => {
  const id = await newCase(trustee)
  const guest = newPerson('viewer')
  assert.equal(outcome(await read(id, guest)), '403 case-role-required')
  const assigned = await assign(id, guest, 'viewer')

  assert.deepEqual([outcome(assigned), assigned.body], ['200', { sub: guest.sub, role: 'viewer' }])
  assert.equal((await read(id, guest)).body.own_role, 'viewer')
  assert.equal(outcome(await assign(id, guest, 'reviewer')), '200')
  assert.equal((await read(id, guest)).body.own_role, 'reviewer')
  assert.deepEqual(await membersOf(id), [
    { sub: trustee.sub, role: 'trustee' },
    { sub: guest.sub, role: 'reviewer' },
  ])
  assert.equal(outcome(await withdraw(id, guest)), '204')
  assert.equal(outcome(await read(id, guest)), '403 case-role-required')
  assert.equal(outcome(await withdraw(id, guest)), '404 member-not-found')
})

test('a change at one process is known at the others by message', async () => {
  const other = await service.start()
  const id = await newCase(trustee)
  const guest = newPerson('viewer')
  const readThere = () => call(guest, 'GET', `/cases/${id}`, undefined, { base: other })
  assert.equal(outcome(await readThere()), '403 case-role-required')

  await assign(id, guest, 'viewer')
  await until('200', readThere)
  await withdraw(id, guest)
  await until('403 case-role-required', readThere)
})

test('what user itself changed, and a message that cannot be read, count too', async () => {
  const id = await newCase(trustee)
  const guest = newPerson('viewer')
  for (const [role, text] of [
    ['viewer', JSON.stringify({ all: true })],
    ['reviewer', '{"issuer":'],
    ['trustee', '{"sub":7}'],
  ] as const) {
    await read(id, guest)
    user.setGrants([{ tenant_id: TENANT, case_id: id, sub: guest.sub, role }])
    await service.store.publish('munjigi:access', text)
    await until('200', async () => {
      const answer = await read(id, guest)
      return answer.body.own_role === role ? answer : { ...answer, status: 499 }
    })
  }
})

test('the last trustee is neither withdrawn nor made something less, whoever asks', async () => {
  const id = await newCase(trustee)
  const second = newPerson('attorney')

  assert.equal(outcome(await withdraw(id, trustee)), '409 last-trustee')
  assert.equal(outcome(await withdraw(id, trustee, admin)), '409 last-trustee')
  assert.equal(outcome(await assign(id, trustee, 'viewer', admin)), '409 last-trustee')
  assert.equal(outcome(await assign(id, second, 'trustee')), '200')
  assert.equal(outcome(await assign(id, trustee, 'viewer', second)), '200')
  assert.equal(outcome(await withdraw(id, second, second)), '409 last-trustee')
  assert.deepEqual(user.grantsOf(id), [
    [second.sub, 'trustee'],
    [trustee.sub, 'viewer'],
  ])
})

test('two trustees who withdraw each other at once leave one, at two processes too', async () => {
  const other = await service.start()
  const second = newPerson('manager')
  for (let round = 0; round < 5; round += 1) {
    const id = await newCase(trustee)
    await assign(id, second, 'trustee')
    const path = (whom: Person) => `/cases/${id}/members/${whom.sub}`
    const answers = await Promise.all([
      call(trustee, 'DELETE', path(second)),
      call(second, 'DELETE', path(trustee), undefined, { base: other }),
    ])

    const outcomes = answers.map(outcome)
    assert.equal(outcomes.filter((text) => text === '204').length, 1, outcomes.join())
    assert.equal(user.grantsOf(id).length, 1)
  }
})

test('nobody gives themselves a role, an administrator neither', async () => {
  const id = await newCase(trustee)
  for (const person of [trustee, admin, newPerson('ADMIN')])
    assert.equal(outcome(await assign(id, person, 'trustee', person)), '403 own-case-role')
  assert.deepEqual(user.grantsOf(id), [[trustee.sub, 'trustee']])
})

test('members are people of the same tenant', async () => {
  const id = await newCase(trustee)
  const answers = await Promise.all(
    [newPerson('viewer', OTHER_TENANT), 'nobody'].map((whom) => assign(id, whom, 'viewer')),
  )

  for (const answer of answers) assert.equal(outcome(answer), '404 unknown-person')
  const texts = answers.map(({ text }) => text.replace(/"request_id":"[^"]*"/, ''))
  assert.equal(texts[0], texts[1])
  assert.deepEqual(user.grantsOf(id), [[trustee.sub, 'trustee']])
})

test('a subject may hold any character that one has, and no role but the three is given', async () => {
  const id = await newCase(trustee)
  const odd = { ...newPerson('viewer'), sub: 'company|이/영 희?#%2f' }
  user.addPerson(odd.sub, TENANT)

  assert.equal(outcome(await assign(id, odd, 'viewer')), '200')
  assert.deepEqual(user.grantsOf(id).at(-1), [odd.sub, 'viewer'])
  assert.equal(outcome(await withdraw(id, odd)), '204')
  for (const role of ['admin', 'owner', '']) assert.equal(outcome(await assign(id, odd, role)), '400 invalid-request')
  const more = await call(trustee, 'PUT', `/cases/${id}/members/x`, { role: 'viewer', tenant_id: OTHER_TENANT })
  assert.equal(outcome(more), '400 invalid-request')
})

test('a turn that its holder never gave back holds the next for a while and not for ever', async () => {
  const id = await newCase(trustee)
  const guest = newPerson('viewer')
  const leave = (until: string) =>
    withTenant(service.db, TENANT, (trx) =>
      trx
        .updateTable('cases')
        .set({ members_turn: crypto.randomUUID(), members_turn_until: sql<Date>`now() + ${until}::interval` })
        .where('case_id', '=', id)
        .execute(),
    )
  await leave('1 hour')
  const held = await assign(id, guest, 'viewer')
  assert.deepEqual([outcome(held), held.headers.get('retry-after')], ['503 members-busy', '1'])
  assert.equal(outcome(await call(admin, 'DELETE', `/cases/${id}`)), '503 members-busy')
  await leave('-1 second')

  assert.equal(outcome(await assign(id, guest, 'viewer')), '200')
})

for (const [how, away] of Object.entries({
  silent: () => {},
  failing: (_request: unknown, response: { writeHead(status: number): { end(): void } }) =>
    response.writeHead(500).end(),
  'refusing our key': (
    _request: unknown,
    response: { writeHead(status: number, headers: object): { end(text: string): void } },
  ) =>
    response
      .writeHead(401, { 'content-type': 'application/problem+json' })
      .end('{"type":"/problems/internal-key-invalid","title":"x","status":401}'),
  'answering something else': (_request: unknown, response: { end(text: string): void }) =>
    response.end('{"roles":[]}'),
}))
  test(`while user is ${how}, who is remembered goes on, others and changes are 503, and it passes by itself`, async () => {
    const id = await newCase(trustee)
    const [known, stranger] = [newPerson('viewer'), newPerson('viewer')]
    for (const person of [known, stranger])
      user.setGrants([{ tenant_id: TENANT, case_id: id, sub: person.sub, role: 'viewer' }])
    assert.equal(outcome(await read(id, known)), '200')
    assert.equal(outcome(await read(id, trustee)), '200')
    user.answerWith(away as never)

    assert.equal(outcome(await read(id, known)), '200')
    const refused = await read(id, stranger)
    assert.deepEqual([outcome(refused), refused.headers.get('retry-after')], ['503 case-roles-unknown', '1'])
    assert.equal(outcome(await call(stranger, 'GET', '/cases')), '503 case-roles-unknown')
    assert.equal(outcome(await assign(id, stranger, 'reviewer')), '503 case-roles-unknown')
    assert.equal(outcome(await read(id, admin)), '200')
    assert.ok((await call(admin, 'GET', '/cases')).body.cases.length > 0)
    user.answerWith()
    await until('200', () => read(id, stranger))
    assert.equal(outcome(await assign(id, stranger, 'reviewer')), '200')
  })

test('without Redis all goes on, and readyz says what is missing', async () => {
  const store = connectStore('redis://127.0.0.1:1')
  const base = await service.start({ store })
  const id = await newCase(trustee)
  const guest = newPerson('viewer')
  const there = { base }

  assert.equal(
    outcome(await call(trustee, 'PUT', `/cases/${id}/members/${guest.sub}`, { role: 'viewer' }, there)),
    '200',
  )
  assert.equal(outcome(await call(guest, 'GET', `/cases/${id}`, undefined, there)), '200')
  const ready = await fetch(`${base}/readyz`)
  const { checks } = (await ready.json()) as { checks: Record<string, string> }
  assert.deepEqual([ready.status, checks['case-database']], [503, 'ok'])
  assert.notEqual(checks['case-store'], 'ok')
  await store.close()
})
