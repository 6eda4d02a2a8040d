import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { contextsHouse, loginAt, movedClock, refusalOf } from './house.fixture.ts'

const house = await contextsHouse()
const { outside, first, profiles } = house
const second = house.contexts()
after(house.close)
beforeEach(() => outside.reset())

const owner = 'lee'
const keyed = (key: string) => [
  { source_field: 'access_token', target: 'header' as const, key, value_template: '{access_token}', required: true },
]
const storeKey = (service: string) => `auth_context:{lee:${service}}`

test('a change is felt at once in both processes', async () => {
  const service = await house.profile()
  await Promise.all([first.headers(owner, service), second.headers(owner, service)])
  await profiles.change(owner, service, { injection_rules: keyed('x-changed') })

  assert.deepEqual(Object.keys(await second.headers(owner, service)), ['x-changed'])
  assert.deepEqual(Object.keys(await first.headers(owner, service)), ['x-changed'])
  assert.equal(outside.count('/login'), 2)
})

test('a change of the name alone keeps the login', async () => {
  const service = await house.profile()
  await first.headers(owner, service)
  await profiles.change(owner, service, { name: 'another name' })
  await second.headers(owner, service)

  assert.equal(outside.count('/login'), 1)
})

for (const where of ['before', 'after'] as const)
  test(`a profile that is edited while it logs in (${where} the answer) gives its waiters the new state alone`, async () => {
    const service = await house.profile()
    const held = outside.hold(where)
    const waiting = [first.headers(owner, service), second.headers(owner, service)]
    await held.came
    await profiles.change(owner, service, { injection_rules: keyed('x-changed') })
    const late = first.headers(owner, service)
    held.release()

    for (const headers of await Promise.all([...waiting, late])) assert.deepEqual(Object.keys(headers), ['x-changed'])
    const { generation, failures } = await house.row(service)
    assert.deepEqual([generation, failures], [2, 0])
  })

for (const [where, holder, waiter] of [
  ['this', first, second],
  ['another', second, first],
] as const)
  test(`a login whose profile was changed in ${where} process is given up, and nobody waits for its answer`, async () => {
    const service = await house.profile()
    const held = outside.hold()
    const making = holder.headers(owner, service)
    await held.came
    const waiting = waiter.headers(owner, service)
    await profiles.change(owner, service, { injection_rules: keyed('x-changed') })

    for (const headers of await Promise.all([making, waiting])) assert.deepEqual(Object.keys(headers), ['x-changed'])
    held.release()
    assert.equal((await house.row(service)).outages, 0)
  })

test('what a login made for a profile that has changed meanwhile is not kept, though nobody told', async () => {
  const service = await house.profile()
  const held = outside.hold('after')
  const waiting = first.find(owner, service)
  await held.came
  await house.db
    .updateTable('auth_profiles')
    .set({ generation: 2, injection_rules: JSON.stringify(keyed('x-changed')) })
    .where('service_id', '=', service)
    .execute()
  held.release()

  const { context } = await waiting
  assert.deepEqual([context.generation, Object.keys(context.headers)], [2, ['x-changed']])
})

test('a profile that is deleted while it logs in leaves its waiters nothing', async () => {
  const service = await house.profile()
  const held = outside.hold('after')
  const waiting = [refusalOf(first.headers(owner, service)), refusalOf(second.headers(owner, service))]
  await held.came
  await profiles.remove(owner, service)
  held.release()

  for (const { type } of await Promise.all(waiting)) assert.equal(type, 'auth-profile-not-found')
  assert.equal((await refusalOf(second.headers(owner, service))).type, 'auth-profile-not-found')
})

test('a profile made anew has nothing of the one that was deleted, though its generations begin again', async () => {
  const service = await house.profile()
  await profiles.change(owner, service, { injection_rules: keyed('x-old') })
  await second.headers(owner, service)
  const old = (await house.store.get(storeKey(service))) ?? ''
  await profiles.remove(owner, service)
  await house.profile({ service_id: service, injection_rules: keyed('x-new') })

  assert.deepEqual(Object.keys(await second.headers(owner, service)), ['x-new'])
  const { context } = await first.find(owner, service)
  assert.equal(context.generation, 1)
  assert.notEqual(await house.store.get(storeKey(service)), old)
})

test('what was made inactive lets nobody in, by no login of before', async () => {
  const service = await house.profile()
  await Promise.all([first.headers(owner, service), second.headers(owner, service)])
  await profiles.change(owner, service, { status: 'inactive' })

  for (const contexts of [first, second])
    assert.equal((await refusalOf(contexts.headers(owner, service))).type, 'auth-profile-inactive')
})

test('what is due is not answered in place of a refusal that ends it', async () => {
  const { now, move } = movedClock()
  const contexts = house.contexts({ now })
  const service = await house.profile()
  await contexts.headers(owner, service)
  await house.db.updateTable('auth_profiles').set({ status: 'inactive' }).where('service_id', '=', service).execute()
  move(3_400)

  assert.equal((await refusalOf(contexts.headers(owner, service))).type, 'auth-profile-inactive')
})

test('a change whose news were lost is seen at once by who did not know the login, and before long by the others', async () => {
  const { now, move } = movedClock()
  const knowing = house.contexts({ now })
  const service = await house.profile()
  await knowing.headers(owner, service)
  const old = (await house.store.get(storeKey(service))) ?? ''
  await profiles.change(owner, service, { injection_rules: keyed('x-changed') })
  // As if its writer had died before it told the store.
  await house.store.set(storeKey(service), old, 60_000)

  assert.deepEqual(Object.keys(await second.headers(owner, service)), ['x-changed'])
  await house.store.set(storeKey(service), old, 60_000)
  move(11)
  await knowing.headers(owner, service)
  await knowing.close()
  assert.equal(await house.store.get(storeKey(service)), undefined)
})

test('words on the channel that are not ours wake nobody and end nothing', async () => {
  const service = await house.profile()
  for (const text of ['', '{', 'null', '{"sub":1}', '{"sub":"lee","service_id":"x","dropped":{}}'])
    await house.store.publish('session-station:logins', text)

  assert.ok((await first.headers(owner, service)).Authorization)
})

test('a late writer puts nothing older over what is newer', async () => {
  const service = await house.profile()
  const held = outside.hold('after')
  const late = first.headers(owner, service)
  await held.came
  await profiles.change(owner, service, { login_config: loginAt(outside.url), ttl: 1800 })
  const dropped = await house.store.get(storeKey(service))
  held.release()
  await late

  assert.ok(dropped)
  const { context } = await second.find(owner, service)
  assert.equal(context.generation, 2)
})
