import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { testUpstream } from '@munjigi/testing/upstream'
import { contextBind } from './context.ts'
import { contextsHouse, loginAt, movedClock, refusalOf, renewing } from './house.fixture.ts'

const house = await contextsHouse()
const { outside } = house
after(house.close)
beforeEach(() => outside.reset())

const DUE_SECONDS = 3_400

/** Two processes by one clock, and a profile that has logged in and is due to be renewed. */
async function due(refresh_config = renewing(outside.url)) {
  const { now, move } = movedClock()
  const [one, other] = [house.contexts({ now }), house.contexts({ now })]
  const service = await house.profile({ refresh_config })
  const { context } = await one.find('lee', service)
  move(DUE_SECONDS)
  return { one, other, move, service, context }
}

const stored = (service_id: string) =>
  house.db
    .selectFrom('auth_contexts')
    .innerJoin('auth_profiles', 'auth_profiles.id', 'auth_contexts.profile_id')
    .selectAll('auth_contexts')
    .where('service_id', '=', service_id)
    .executeTakeFirstOrThrow()

test('what is due is renewed once for all callers of two processes, by the refresh token', async () => {
  const { one, other, service, context } = await due()
  const calls = Array.from({ length: 20 }, (_, index) => (index % 2 ? one : other).find('lee', service))
  const found = await Promise.all(calls)

  assert.deepEqual([outside.count('/login'), outside.count('/refresh')], [1, 1])
  const renewed = found[0]?.context
  assert.notEqual(renewed?.headers.Authorization, context.headers.Authorization)
  for (const each of found) assert.deepEqual(each.context.headers, renewed?.headers)
  assert.equal(renewed?.made_by, 'refresh')
  assert.equal((await house.logs(service)).at(-1)?.refresh_type, 'refresh')
})

test('each renewal sends the token that the one before it brought', async () => {
  const { one, service, move } = await due()
  for (let round = 0; round < 3; round++) {
    await one.find('lee', service)
    move(DUE_SECONDS)
  }

  assert.deepEqual([outside.count('/login'), outside.count('/refresh'), outside.reuses()], [1, 3, 0])
})

test('a renewal that is refused is followed by a login at once', async () => {
  const { one, service, context } = await due()
  outside.next({ answer: { status: 400, body: { error: 'invalid_grant' } } })
  const found = await one.find('lee', service)

  assert.ok(found.context.login_number > context.login_number)
  assert.equal(found.context.made_by, 'login')
  assert.deepEqual([outside.count('/refresh'), outside.count('/login')], [1, 2])
  const { failures, last_error } = await house.row(service)
  assert.deepEqual([failures, last_error], [0, null])
  assert.deepEqual(
    (await house.logs(service)).map(({ refresh_type, success }) => [refresh_type, success]),
    [
      ['login', true],
      ['refresh', false],
      ['login', true],
    ],
  )
})

test('in an outage the older login is answered, and a token that may be used up is never sent again', async () => {
  const { one, other, service, context, move } = await due()
  outside.next({ answer: { status: 503 } })

  assert.deepEqual((await one.find('lee', service)).context.headers, context.headers)
  assert.deepEqual((await other.find('lee', service)).context.headers, context.headers)
  assert.equal(outside.count('/refresh'), 1)
  move(2)
  assert.equal((await other.find('lee', service)).context.made_by, 'login')
  assert.deepEqual([outside.count('/refresh'), outside.count('/login')], [1, 2])
})

test('a token that was certainly not sent is sent later', async () => {
  const { one, service, context, move } = await due({ ...renewing(outside.url), url: 'http://127.0.0.1:1/refresh' })

  assert.deepEqual((await one.find('lee', service)).context.headers, context.headers)
  assert.equal((await stored(service)).refresh_begun, false)
  move(2)
  assert.deepEqual((await one.find('lee', service)).context.headers, context.headers)
  const { outages } = await house.row(service)
  assert.equal(outages, 2)
  assert.equal(outside.count('/login'), 1)
})

test('a rotated token is kept, though the answer it came with was of no use and the login after it failed', async () => {
  const { one, service, context, move } = await due()
  outside.next({ answer: { status: 200, body: { refresh_token: 'refresh-rotated' } } })
  outside.next({ answer: { status: 503 } })
  assert.deepEqual((await one.find('lee', service)).context.headers, context.headers)
  move(2)
  await one.find('lee', service)

  assert.deepEqual(outside.bodies('/refresh').at(-1), { refresh_token: 'refresh-rotated' })
})

test('who died while renewing has perhaps used the token up: a login follows', async () => {
  const { one, service } = await due()
  await house.db.updateTable('auth_contexts').set({ refresh_begun: true }).execute()

  assert.equal((await one.find('lee', service)).context.made_by, 'login')
  assert.equal(outside.count('/refresh'), 0)
})

test('a renewal that takes long does not keep those waiting who have something good', async () => {
  const { one, other, service, context } = await due()
  const held = outside.hold()
  const early = one.find('lee', service)
  await held.came

  assert.deepEqual((await other.find('lee', service)).context.headers, context.headers)
  assert.deepEqual((await early).context.headers, context.headers)
  held.release()
  const isRenewed = async () => !isDeepStrictEqual(await one.headers('lee', service), context.headers)
  while (!(await isRenewed()));
  assert.equal(outside.count('/refresh'), 1)
})

test('asked for, it is renewed before it is due; forced, there is a login', async () => {
  const service = await house.profile({ refresh_config: renewing(outside.url) })
  const { context } = await house.first.find('lee', service)
  const renewed = await house.first.renew('lee', service)
  const forced = await house.first.find('lee', service, { force: true })

  assert.deepEqual([context.made_by, renewed.made_by, forced.context.made_by], ['login', 'refresh', 'login'])
})

test('without a refresh token what is due is logged in for', async () => {
  outside.next({ answer: { status: 200, body: { access_token: 'without another' } } })
  const { one, service } = await due()

  assert.equal((await one.find('lee', service)).context.made_by, 'login')
  assert.deepEqual([outside.count('/refresh'), outside.count('/login')], [0, 2])
})

test('what has ended is answered to nobody', async () => {
  const { one, service, move } = await due()
  move(DUE_SECONDS)
  outside.always({ answer: { status: 503 } })

  assert.equal((await refusalOf(one.headers('lee', service))).type, 'target-login-failed')
  assert.equal((await refusalOf(one.headers('lee', service))).type, 'target-login-failed')
})

test('who can write to the database gets no refresh token sent elsewhere, and no earlier login used', async (t) => {
  const elsewhere = await testUpstream((_request, response) => response.end('{}'))
  t.after(() => elsewhere.close())
  const { one, service } = await due()
  const login_config = JSON.stringify({ ...loginAt(outside.url), payload: {} })
  const change = (refresh_config: object) =>
    house.db
      .updateTable('auth_profiles')
      .set({ login_config, refresh_config: JSON.stringify(refresh_config) })
      .where('service_id', '=', service)
      .execute()
  await change({ ...renewing(elsewhere.url), payload: { refresh_token: { $template: '{refresh_token}' } } })
  await one.find('lee', service)
  assert.deepEqual(elsewhere.requests, [])

  const again = await due()
  const earlier = await stored(again.service)
  await again.one.find('lee', again.service)
  await house.db
    .updateTable('auth_contexts')
    .set({ context: earlier.context })
    .where('profile_id', '=', earlier.profile_id)
    .execute()
  await house.store.remove(`auth_context:{lee:${again.service}}`)
  const { context } = await house.contexts().find('lee', again.service)
  assert.equal(context.login_number, 3)
})

test('a login that was stored before logins knew their origins is made anew, not renewed', async () => {
  const { other, service } = await due()
  const { context, profile_id } = await stored(service)
  const bind = contextBind({ sub: 'lee', service_id: service })
  const { origins, ...older } = JSON.parse(house.sealing.open(context, bind))
  assert.deepEqual(origins, [new URL(outside.url).origin])
  await house.db
    .updateTable('auth_contexts')
    .set({ context: house.sealing.seal(JSON.stringify(older), bind) })
    .where('profile_id', '=', profile_id)
    .execute()
  await house.store.remove(`auth_context:{lee:${service}}`)
  const found = await other.find('lee', service)

  assert.equal(found.context.made_by, 'login')
  assert.equal(outside.count('/refresh'), 0)
})
