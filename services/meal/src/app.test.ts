import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { platformIssuer } from '@munjigi/identity/issuers'
import { createVerifier } from '@munjigi/identity/verifier'
import { testDatabase } from '@munjigi/testing/database'
import { testIssuer } from '@munjigi/testing/issuer'
import { buildApp } from './app.ts'
import { migrationPlan } from './migrations/plan.ts'
import type { Tables } from './tables.ts'

const issuer = await testIssuer()
const { database, close } = await testDatabase(migrationPlan)
const verifier = createVerifier({
  issuers: [platformIssuer({ issuer: issuer.issuer, audience: 'munjigi', jwksUri: issuer.jwksUri })],
})
const app = buildApp({ database, verifier }, { logLevel: 'silent' })
after(async () => {
  await app.close()
  verifier.close()
  await Promise.all([close(), issuer.close()])
})

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'
type Claims = Record<string, unknown> & { sub: string }

const administrator: Claims = { sub: 'park', role: 'ADMIN' }
const somebody: Claims = { sub: 'lee' }
const nowhere = randomUUID()

function call(method: Method, path: string, claims?: Claims, payload?: unknown) {
  const headers = claims && { authorization: `Bearer ${issuer.token(claims)}`, 'x-user-sub': claims.sub }
  return app.inject({
    method,
    url: `/api/meal/v1${path}`,
    ...(headers && { headers }),
    ...(payload !== undefined && { payload: payload as object }),
  })
}

type Answer = Awaited<ReturnType<typeof call>>
const refusal = (answer: Answer) => [answer.statusCode, answer.json().type]

async function addRestaurant(name: string = randomUUID()): Promise<string> {
  const answer = await call('POST', '/restaurants', administrator, { name, location: '1F' })
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json().id
}

const menuOf = (restaurant_id: string, date = '2026-11-21') => ({
  restaurant_id,
  date,
  meal: 'lunch',
  dishes: ['김치찌개', 'rice'],
  price: 6500,
})

async function addMenu(restaurant: string, date?: string): Promise<string> {
  const answer = await call('POST', '/menus', administrator, menuOf(restaurant, date))
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json().id
}

const grant = (keycloak_sub: string, restaurant_id: string | null) =>
  call('POST', '/admins', administrator, { keycloak_sub, restaurant_id })

/** Every route that needs a right, with a body that would pass. */
const writes: [Method, string, object?][] = [
  ['POST', '/restaurants', { name: 'x', location: '' }],
  ['PATCH', `/restaurants/${nowhere}`, { name: 'x' }],
  ['DELETE', `/restaurants/${nowhere}`],
  ['POST', '/menus', menuOf(nowhere)],
  ['GET', '/admins'],
  ['POST', '/admins', { keycloak_sub: 'x', restaurant_id: null }],
  ['DELETE', '/admins?keycloak_sub=x'],
]

test('menus and restaurants are read without a token', async () => {
  const restaurant = await addRestaurant()
  const id = await addMenu(restaurant, '2026-01-02')

  const ofDay = await call('GET', '/menus?date=2026-01-02')
  const ofRestaurant = await call('GET', `/menus?date=2026-01-02&restaurant_id=${restaurant}`)
  const ofAnother = await call('GET', `/menus?date=2026-01-02&restaurant_id=${await addRestaurant()}`)

  const { updated_at, ...menu } = ofDay.json().menus[0]
  assert.deepEqual(menu, { id, ...menuOf(restaurant, '2026-01-02') })
  assert.equal(new Date(updated_at).toISOString(), updated_at)
  assert.deepEqual(ofRestaurant.json(), ofDay.json())
  assert.deepEqual(ofAnother.json(), { menus: [] })
  assert.ok((await call('GET', '/restaurants')).json().restaurants.some(({ id }: { id: string }) => id === restaurant))
})

test('the menus of a restaurant come in the order of the day', async () => {
  const restaurant = await addRestaurant()
  for (const meal of ['dinner', 'breakfast', 'lunch'])
    await call('POST', '/menus', administrator, { ...menuOf(restaurant, '2026-01-03'), meal })

  const { menus } = (await call('GET', '/menus?date=2026-01-03')).json()

  assert.deepEqual(
    menus.map(({ meal }: { meal: string }) => meal),
    ['breakfast', 'lunch', 'dinner'],
  )
})

test('a bad token is refused on public routes too', async () => {
  const answer = await app.inject({ url: '/api/meal/v1/restaurants', headers: { authorization: 'Bearer x.y.z' } })

  assert.deepEqual(refusal(answer), [401, '/problems/token-invalid'])
})

test('every other route refuses without a token, and without X-User-Sub', async () => {
  const others = [
    ['DELETE', `/menus/${nowhere}`],
    ['GET', '/administered-restaurants'],
  ] as const
  for (const [method, path, payload] of [...writes, ...others]) {
    const anonymous = await call(method, path, undefined, payload)
    const withoutSub = await app.inject({
      method,
      url: `/api/meal/v1${path}`,
      headers: { authorization: `Bearer ${issuer.token(administrator)}` },
      ...(payload && { payload }),
    })

    assert.deepEqual(refusal(anonymous), [401, '/problems/token-missing'], `${method} ${path}`)
    assert.deepEqual(refusal(withoutSub), [401, '/problems/user-sub-missing'], `${method} ${path}`)
  }
})

test('who has no right is refused on every route that needs one', async () => {
  for (const [method, path, payload] of writes) {
    const type = path === '/menus' ? 'menu-right-required' : 'administration-required'

    assert.deepEqual(
      refusal(await call(method, path, somebody, payload)),
      [403, `/problems/${type}`],
      `${method} ${path}`,
    )
  }
})

test('menus that are there are neither changed nor removed by who has no right', async () => {
  const menu = await addMenu(await addRestaurant())

  assert.deepEqual(refusal(await call('PATCH', `/menus/${menu}`, somebody, { price: 1 })), [
    403,
    '/problems/menu-right-required',
  ])
  assert.deepEqual(refusal(await call('DELETE', `/menus/${menu}`, somebody)), [403, '/problems/menu-right-required'])
})

test('Keycloak roles administer as our role ADMIN does', async () => {
  const global = { sub: 'jung', realm_access: { roles: ['global_admin'] } }
  const client = { sub: 'choi', resource_access: { 'meal-service': { roles: ['meal_admin'] } } }
  const another = { sub: 'cho', resource_access: { 'notice-service': { roles: ['meal_admin'] } } }

  assert.equal((await call('GET', '/admins', global)).statusCode, 200)
  assert.equal((await call('GET', '/admins', client)).statusCode, 200)
  assert.equal((await call('GET', '/admins', another)).statusCode, 403)
})

test('a grant opens the menus of its restaurant and nothing else', async () => {
  const [own, other] = [await addRestaurant(), await addRestaurant()]
  const cook = { sub: `cook-${own}` }
  assert.equal((await grant(cook.sub, own)).statusCode, 201)

  const added = await call('POST', '/menus', cook, menuOf(own))
  const changed = await call('PATCH', `/menus/${added.json().id}`, cook, { dishes: ['비빔밥'], price: null })
  const elsewhere = await call('POST', '/menus', cook, menuOf(other))
  const foreign = await call('DELETE', `/menus/${await addMenu(other)}`, cook)
  const removed = await call('DELETE', `/menus/${added.json().id}`, cook)

  assert.deepEqual([changed.statusCode, changed.json().dishes, changed.json().price], [200, ['비빔밥'], null])
  assert.deepEqual(refusal(elsewhere), [403, '/problems/menu-right-required'])
  assert.deepEqual(refusal(foreign), [403, '/problems/menu-right-required'])
  assert.deepEqual([removed.statusCode, removed.body], [204, ''])
  assert.deepEqual(refusal(await call('POST', '/restaurants', cook, { name: 'x', location: '' })), [
    403,
    '/problems/administration-required',
  ])
})

test('a grant without a restaurant opens the menus of all, until it is withdrawn', async () => {
  const restaurant = await addRestaurant()
  const cook = { sub: `cook-${restaurant}` }
  await grant(cook.sub, null)

  assert.equal((await call('POST', '/menus', cook, menuOf(restaurant))).statusCode, 201)
  assert.equal((await call('DELETE', `/admins?keycloak_sub=${cook.sub}`, administrator)).statusCode, 204)
  assert.equal((await call('POST', '/menus', cook, menuOf(restaurant, '2026-11-22'))).statusCode, 403)
})

test('grants say who gave them, are given once, and withdrawing needs the same restaurant', async () => {
  const restaurant = await addRestaurant()
  const sub = `cook-${restaurant}`
  const first = await grant(sub, restaurant)

  assert.deepEqual([first.json().granted_by, first.json().restaurant_id], ['park', restaurant])
  assert.deepEqual(refusal(await grant(sub, restaurant)), [409, '/problems/admin-exists'])
  assert.equal((await grant(sub, null)).statusCode, 201)
  assert.deepEqual(refusal(await grant(sub, null)), [409, '/problems/admin-exists'])
  assert.deepEqual(refusal(await grant(sub, nowhere)), [404, '/problems/restaurant-not-found'])
  const other = `/admins?keycloak_sub=${sub}&restaurant_id=${nowhere}`
  assert.deepEqual(refusal(await call('DELETE', other, administrator)), [404, '/problems/admin-not-found'])
  const listed: { keycloak_sub: string }[] = (await call('GET', '/admins', administrator)).json().admins
  assert.equal(listed.filter(({ keycloak_sub }) => keycloak_sub === sub).length, 2)
})

test('who administers, or holds the grant for all, is told of every restaurant, and others of those granted to them', async () => {
  const [own, other] = [await addRestaurant(), await addRestaurant()]
  const cook = { sub: `cook-${own}` }
  const cookOfAll = { sub: `cook-of-all-${own}` }
  await grant(cook.sub, own)
  await grant(cookOfAll.sub, null)
  const restaurantsOf = async (claims: Claims): Promise<string[]> =>
    (await call('GET', '/administered-restaurants', claims)).json().restaurants.map(({ id }: { id: string }) => id)

  assert.deepEqual(await restaurantsOf(somebody), [])
  assert.deepEqual(await restaurantsOf(cook), [own])
  for (const claims of [administrator, cookOfAll])
    for (const id of [own, other]) assert.ok((await restaurantsOf(claims)).includes(id), claims.sub)
})

test('a client account administers no restaurant by itself, and one that acts for a person what that person does', async () => {
  const restaurant = await addRestaurant()
  const cook = `cook-${restaurant}`
  await grant(cook, restaurant)
  const roles = { resource_access: { 'meal-service': { roles: ['meal_admin'] } } }
  const client = { sub: 'service-notice', sid: undefined, client_id: 'notice-service', ...roles }
  const acting = { sub: cook, scope: 'meal', act: { sub: 'service-notice' } }

  assert.deepEqual((await call('GET', '/administered-restaurants', client)).json(), { restaurants: [] })
  const { restaurants } = (await call('GET', '/administered-restaurants', acting)).json()
  assert.deepEqual(
    restaurants.map(({ id }: { id: string }) => id),
    [restaurant],
  )
})

test('two menus for one meal of a restaurant: of six at once one is made', async () => {
  const restaurant = await addRestaurant()
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => call('POST', '/menus', administrator, menuOf(restaurant))),
  )

  assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [201, ...Array(5).fill(409)])
  const refused = answers.find(({ statusCode }) => statusCode === 409)
  assert.equal(refused?.json().type, '/problems/menu-exists')
})

test('a menu cannot be moved onto another', async () => {
  const restaurant = await addRestaurant()
  await addMenu(restaurant, '2026-11-21')
  const second = await addMenu(restaurant, '2026-11-22')

  assert.deepEqual(refusal(await call('PATCH', `/menus/${second}`, administrator, { date: '2026-11-21' })), [
    409,
    '/problems/menu-exists',
  ])
})

test('restaurants are changed, told apart by name and location, and removed with their menus and grants', async () => {
  const name = randomUUID()
  const restaurant = await addRestaurant(name)
  await addMenu(restaurant, '2026-02-01')
  await grant('cook', restaurant)

  const again = await call('POST', '/restaurants', administrator, { name, location: '1F' })
  const moved = await call('PATCH', `/restaurants/${restaurant}`, administrator, { location: '2F' })
  const branch = await call('POST', '/restaurants', administrator, { name, location: '1F' })
  const back = await call('PATCH', `/restaurants/${restaurant}`, administrator, { location: '1F' })
  const removed = await call('DELETE', `/restaurants/${restaurant}`, administrator)

  assert.deepEqual(refusal(again), [409, '/problems/restaurant-exists'])
  assert.deepEqual(moved.json(), { id: restaurant, name, location: '2F' })
  assert.equal(branch.statusCode, 201)
  assert.deepEqual(refusal(back), [409, '/problems/restaurant-exists'])
  assert.equal(removed.statusCode, 204)
  assert.deepEqual((await call('GET', '/menus?date=2026-02-01')).json(), { menus: [] })
})

test('what is not there is 404', async () => {
  const absent: [Method, string, string, object?][] = [
    ['PATCH', `/restaurants/${nowhere}`, 'restaurant-not-found', { name: 'x' }],
    ['DELETE', `/restaurants/${nowhere}`, 'restaurant-not-found'],
    ['POST', '/menus', 'restaurant-not-found', menuOf(nowhere)],
    ['PATCH', `/menus/${nowhere}`, 'menu-not-found', { price: 1 }],
    ['DELETE', `/menus/${nowhere}`, 'menu-not-found'],
    ['DELETE', '/admins?keycloak_sub=nobody', 'admin-not-found'],
  ]
  for (const [method, path, type, payload] of absent)
    assert.deepEqual(
      refusal(await call(method, path, administrator, payload)),
      [404, `/problems/${type}`],
      `${method} ${path}`,
    )
})

test('bad input is refused and names the field', async () => {
  const bad: [Method, string, string, object?][] = [
    ['GET', '/menus', 'date'],
    ['GET', '/menus?date=2026-02-30', 'date'],
    ['GET', '/menus?date=0000-01-01', 'date'],
    ['GET', '/menus?date=2026-02-01&restaurant_id=1', 'restaurant_id'],
    ['POST', '/menus', 'dishes', { ...menuOf(nowhere), dishes: [] }],
    ['POST', '/menus', 'dishes.0', { ...menuOf(nowhere), dishes: ['a\u0000b'] }],
    ['POST', '/menus', 'dishes.0', { ...menuOf(nowhere), dishes: ['\ud800'] }],
    ['POST', '/menus', 'price', { ...menuOf(nowhere), price: -1 }],
    ['POST', '/menus', 'meal', { ...menuOf(nowhere), meal: 'brunch' }],
    ['POST', '/menus', 'updated_by', { ...menuOf(nowhere), updated_by: 'someone else' }],
    ['PATCH', `/menus/${nowhere}`, 'restaurant_id', { restaurant_id: nowhere }],
    ['PATCH', `/menus/${nowhere}`, 'body', {}],
    ['PATCH', '/menus/1', 'id', { price: 1 }],
    ['POST', '/restaurants', 'name', { name: '', location: '' }],
    ['POST', '/restaurants', 'name', { name: '\u0000', location: '' }],
    ['POST', '/admins', 'granted_by', { keycloak_sub: 'x', restaurant_id: null, granted_by: 'x' }],
    ['DELETE', '/admins', 'keycloak_sub'],
    ['DELETE', '/admins?keycloak_sub=%00', 'keycloak_sub'],
  ]
  for (const [method, path, field, payload] of bad) {
    const answer = await call(method, path, administrator, payload)

    assert.deepEqual(refusal(answer), [400, '/problems/invalid-request'], `${method} ${path} ${answer.body}`)
    assert.ok(
      answer.json().faults.some((fault: { field: string }) => fault.field === field),
      `${method} ${path} ${answer.body}`,
    )
  }
})

test('a person gets one row at their first authenticated call, a client account none', async () => {
  const sub = randomUUID()
  const client = { sub: `service-${sub}`, sid: undefined, client_id: 'notice-service' }
  await Promise.all([call('GET', '/restaurants', { sub }), call('GET', '/restaurants', { sub })])
  assert.equal((await call('GET', '/restaurants', client)).statusCode, 200)

  const rows = await database
    .as<Tables>('meal_serving')
    .withSchema('meal')
    .selectFrom('people')
    .select('keycloak_sub')
    .where('keycloak_sub', 'in', [sub, client.sub])
    .execute()

  assert.deepEqual(rows, [{ keycloak_sub: sub }])
})

test('the OpenAPI document says which routes are public, and answers everybody', async () => {
  const document = (await app.inject('/api/meal/openapi.json')).json()

  assert.deepEqual(document.paths['/api/meal/v1/menus'].get.security, [{}, { bearer: [] }])
  assert.equal(document.paths['/api/meal/v1/menus'].post.security, undefined)
  assert.deepEqual(document.security, [{ bearer: [] }])
  assert.deepEqual(Object.keys(document.paths), [
    '/api/meal/v1/restaurants',
    '/api/meal/v1/administered-restaurants',
    '/api/meal/v1/restaurants/{id}',
    '/api/meal/v1/menus',
    '/api/meal/v1/menus/{id}',
    '/api/meal/v1/admins',
  ])
})

test('readiness asks the database', async () => {
  assert.deepEqual((await app.inject('/readyz')).json().checks, { 'meal-database': 'ok' })
})
