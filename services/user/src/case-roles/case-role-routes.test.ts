import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ACCESS_CHANNEL, type AccessRecord, type ExchangedToken } from '@munjigi/contracts/access'
import type { CaseRoleGrant } from '@munjigi/contracts/case-roles'
import type { PlatformClaims, TokenAnswer } from '@munjigi/contracts/tokens'
import { decodeJwt } from 'jose'
import { refusalOf } from '../refusal.fixture.ts'
import {
  FRONTEND,
  INTERNAL_KEY,
  PLATFORM,
  TENANT,
  type TestService,
  testBrowser,
  testService,
} from '../service.fixture.ts'
import { testIdp } from '../sso/idp.fixture.ts'

const OTHER_TENANT = '00000000-0000-4000-8000-000000000002'
const CASE_KEY = 'c7Yt2mQw9Zx4Vb6Nk1Lp8Hs3Jd5Fg0Ra'
const TOLD_WITHIN_MS = 10_000

let service: TestService
let idp: Awaited<ReturnType<typeof testIdp>>
const messages: string[] = []
let subscription: { close(): Promise<void> }

before(async () => {
  idp = await testIdp()
  service = await testService({
    env: {
      ...idp.env(idp.pemFile),
      SSO_TOKEN_DELIVERY: 'token',
      INTERNAL_KEYS: `gateway:${INTERNAL_KEY},case:${CASE_KEY}`,
    },
  })
  const tenants = [TENANT, OTHER_TENANT].map((id) => ({ id, name: id }))
  await service.db.insertInto('tenants').values(tenants).execute()
  const listener = { message: (text: string) => void messages.push(text), ready: () => {} }
  subscription = await service.store.subscribe(ACCESS_CHANNEL, listener)
})
after(async () => {
  await subscription.close()
  await service.close()
})

async function person(tenant_id = TENANT): Promise<string> {
  const sub = randomUUID()
  const row = { sub, user_id: `id-${sub}`, tenant_id, role: 'attorney' }
  await service.db.insertInto('people').values(row).execute()
  return sub
}
const headers = { 'x-internal-key': CASE_KEY }
const list = (query: Record<string, string>) =>
  service.internal(`case-roles?${new URLSearchParams(query)}`, { headers })
const listed = async (query: Record<string, string>) => (await (await list(query)).json()) as CaseRoleGrant[]
const put = (body: object) => service.internal('case-roles', { method: 'PUT', headers, body: JSON.stringify(body) })
const withdraw = (query: Record<string, string>) =>
  service.internal(`case-roles?${new URLSearchParams(query)}`, { method: 'DELETE', headers })
const grant = async (sub: string, case_id: string, role: string, tenant_id = TENANT) => {
  const answer = await put({ sub, case_id, role, tenant_id })
  assert.equal(answer.status, 200)
}
const eventsOf = (sub: string) =>
  service.db
    .selectFrom('audit_events')
    .select(['action', 'actor', 'tenant_id', 'details'])
    .where('target', '=', sub)
    .where('action', 'like', 'case-role.%')
    .orderBy('id')
    .execute()
async function told(sub: string, count: number): Promise<void> {
  const until = Date.now() + TOLD_WITHIN_MS
  const isTold = () => messages.filter((text) => text.includes(sub)).length >= count
  while (!isTold()) {
    assert.ok(Date.now() < until, `${sub} was not told ${count} times`)
    await delay(20)
  }
}
const recordOf = async (sub: string): Promise<AccessRecord> => {
  const answer = await service.internal(`access?${new URLSearchParams({ issuer: PLATFORM, sub })}`)
  return (await answer.json()) as AccessRecord
}

test('case roles are read and changed with the key named case alone', async () => {
  const sub = await person()
  const calls: [method: string, query: string, body?: object][] = [
    ['GET', `?sub=${sub}`],
    ['PUT', '', { sub, case_id: 'c1', role: 'trustee', tenant_id: TENANT }],
    ['DELETE', `?sub=${sub}&case_id=c1`],
  ]
  for (const [method, query, body] of calls)
    for (const [key, refusal] of [
      [INTERNAL_KEY, [403, 'internal-key-not-allowed']],
      ['', [401, 'internal-key-invalid']],
      [`case:${CASE_KEY}`, [401, 'internal-key-invalid']],
    ] as const) {
      const init = { method, headers: { 'x-internal-key': key }, ...(body && { body: JSON.stringify(body) }) }
      assert.deepEqual(await refusalOf(await service.internal(`case-roles${query}`, init)), refusal, method)
    }

  assert.deepEqual(await listed({ sub }), [])
})

test('a grant is listed by person and by case, told, audited, and ages the tokens of that person', async () => {
  const [sub, colleague, doer] = [await person(), await person(), await person()]
  const started = Math.floor(Date.now() / 1000)
  const answer = await put({ sub, case_id: 'audited', role: 'viewer', tenant_id: TENANT, actor: doer })
  await grant(colleague, 'audited', 'reviewer')

  assert.equal(answer.status, 200)
  assert.deepEqual(await answer.json(), { sub, case_id: 'audited', role: 'viewer' })
  assert.deepEqual(await listed({ sub }), [{ case_id: 'audited', sub, role: 'viewer' }])
  assert.deepEqual(
    new Set((await listed({ case_id: 'audited', tenant_id: TENANT })).map((row: { sub: string }) => row.sub)),
    new Set([sub, colleague]),
  )
  assert.ok((await recordOf(sub)).rights_changed_at >= started)
  await told(sub, 1)
  const details = { case_id: 'audited', role: 'viewer' }
  assert.deepEqual(await eventsOf(sub), [{ action: 'case-role.granted', actor: doer, tenant_id: TENANT, details }])
})

test('the same role again changes nothing, another one takes its place', async () => {
  const sub = await person()
  await grant(sub, 'c1', 'viewer')
  await service.db.updateTable('people').set({ rights_changed_at: 7 }).where('sub', '=', sub).execute()
  await Promise.all([1, 2, 3].map(() => grant(sub, 'c1', 'viewer')))

  assert.equal((await recordOf(sub)).rights_changed_at, 7)
  assert.equal((await eventsOf(sub)).length, 1)
  await grant(sub, 'c1', 'trustee')
  assert.deepEqual(await listed({ sub }), [{ case_id: 'c1', sub, role: 'trustee' }])
  assert.deepEqual((await eventsOf(sub)).at(-1)?.details, { case_id: 'c1', role: 'trustee', was: 'viewer' })
  await told(sub, 2)
  assert.equal(messages.filter((text) => text.includes(sub)).length, 2)
})

test('of equal grants that come at once one is a change', async () => {
  const sub = await person()
  await Promise.all(Array.from({ length: 8 }, () => grant(sub, 'at-once', 'trustee')))

  assert.equal((await eventsOf(sub)).length, 1)
})

test('a withdrawn role is gone, and to withdraw it again, or a role nobody had, is no fault and no change', async () => {
  const [sub, doer] = [await person(), await person()]
  await grant(sub, 'c1', 'reviewer')
  await service.db.updateTable('people').set({ rights_changed_at: 7 }).where('sub', '=', sub).execute()

  assert.equal((await withdraw({ sub, case_id: 'c1', actor: doer })).status, 204)
  assert.deepEqual(await listed({ sub }), [])
  assert.ok((await recordOf(sub)).rights_changed_at > 7)
  for (const query of [
    { sub, case_id: 'c1' },
    { sub: 'nobody', case_id: 'c1' },
  ])
    assert.equal((await withdraw(query)).status, 204)
  const [, withdrawn, ...further] = await eventsOf(sub)
  assert.deepEqual([withdrawn?.action, withdrawn?.actor, further], ['case-role.withdrawn', doer, []])
  await told(sub, 2)
})

test('nobody grants themselves a role but as creator of a case in which nobody has one', async () => {
  const [creator, other] = [await person(), await person()]
  const own = (sub: string, role: string) => put({ sub, case_id: 'own', role, tenant_id: TENANT, actor: sub })

  assert.equal((await own(creator, 'trustee')).status, 200)
  assert.equal((await own(creator, 'trustee')).status, 200)
  for (const [sub, role] of [
    [other, 'viewer'],
    [other, 'trustee'],
    [creator, 'reviewer'],
  ] as const)
    assert.deepEqual(await refusalOf(await own(sub, role)), [403, 'own-case-role'])
  assert.deepEqual(await listed({ sub: other }), [])
})

test('a role is given inside the tenant of the person only, and case ids are each tenant’s own', async () => {
  const [ours, theirs] = [await person(), await person(OTHER_TENANT)]
  await grant(ours, 'same-id', 'trustee')
  await grant(theirs, 'same-id', 'viewer', OTHER_TENANT)

  for (const [sub, tenant_id] of [
    [theirs, TENANT],
    [ours, OTHER_TENANT],
    ['nobody', TENANT],
    [ours, '00000000-0000-4000-8000-00000000000f'],
  ])
    assert.deepEqual(await refusalOf(await put({ sub, case_id: 'c1', role: 'viewer', tenant_id })), [
      404,
      'unknown-person',
    ])
  const inCase = (tenant_id: string) => listed({ case_id: 'same-id', tenant_id })
  assert.deepEqual(await inCase(TENANT), [{ case_id: 'same-id', sub: ours, role: 'trustee' }])
  assert.deepEqual(await inCase(OTHER_TENANT), [{ case_id: 'same-id', sub: theirs, role: 'viewer' }])
})

test('what is asked for is one person or one case of a tenant, never both and never neither', async () => {
  const queries: Record<string, string>[] = [
    {},
    { sub: 'a', case_id: 'c', tenant_id: TENANT },
    { case_id: 'c' },
    { tenant_id: TENANT },
    { case_id: 'c', tenant_id: 'x' },
    { case_id: 'with space', tenant_id: TENANT },
    { sub: '' },
  ]
  for (const query of queries) assert.deepEqual(await refusalOf(await list(query)), [400, 'invalid-request'])

  const good = { sub: await person(), case_id: 'c', role: 'viewer', tenant_id: TENANT }
  for (const wrong of [{ role: 'owner' }, { role: 'admin' }, { case_id: '' }, { tenant_id: 'x' }, { more: 1 }])
    assert.deepEqual(await refusalOf(await put({ ...good, ...wrong })), [400, 'invalid-request'])
})

async function signedIn() {
  const name = `name-${randomUUID()}`
  const browser = testBrowser(service.url)
  const answer = await browser.callback(await idp.answer(await browser.begin(), { sub: name, loginid: name }))
  const token = new URL(answer.headers.get('location') ?? '').searchParams.get('token') ?? ''
  const exchange = async (): Promise<PlatformClaims> => {
    const answer = await service.internal('tokens', { method: 'POST', body: JSON.stringify({ token }) })
    assert.equal(answer.status, 200)
    return decodeJwt<PlatformClaims>(((await answer.json()) as ExchangedToken).access_token)
  }
  const refresh = async (): Promise<PlatformClaims> => {
    const answer = await browser.post('/api/auth/v1/refresh', { origin: FRONTEND })
    assert.equal(answer.status, 200)
    return decodeJwt<PlatformClaims>(((await answer.json()) as TokenAnswer).access_token)
  }
  return { ...decodeJwt<PlatformClaims>(token), exchange, refresh }
}

test('a token carries the case roles of now, and the one from before is exchanged', async () => {
  const { sub, iat, case_roles, exchange } = await signedIn()
  await grant(sub, 'c1', 'trustee')
  await grant(sub, '__proto__', 'viewer')

  assert.deepEqual(case_roles, {})
  assert.ok((await recordOf(sub)).rights_changed_at >= iat)
  const renewed = await exchange()
  assert.deepEqual(Object.entries(renewed.case_roles).sort(), [
    ['__proto__', 'viewer'],
    ['c1', 'trustee'],
  ])
  assert.equal(renewed.case_roles_ref, undefined)
  await withdraw({ sub, case_id: 'c1' })
  assert.deepEqual(Object.keys((await exchange()).case_roles), ['__proto__'])
})

test('fifty case roles go into a token; of fifty-one it says that they must be asked for', async () => {
  const { sub, exchange } = await signedIn()
  const rows = Array.from({ length: 50 }, (_, at) => ({ case_id: `c${at}`, role: 'viewer' as const }))
  await service.db
    .insertInto('case_roles')
    .values(rows.map((row) => ({ ...row, person_sub: sub, tenant_id: TENANT })))
    .execute()
  const fifty = await exchange()
  await grant(sub, 'one-more', 'trustee')
  const more = await exchange()

  assert.deepEqual([Object.keys(fifty.case_roles).length, fifty.case_roles_ref], [50, undefined])
  assert.deepEqual([more.case_roles, more.case_roles_ref], [{}, true])
  assert.equal((await listed({ sub })).length, 51)
})

test('a role granted while a token waits for its second is in it, or has the token exchanged', async () => {
  const people = await Promise.all(Array.from({ length: 3 }, signedIn))
  await Promise.all(
    people.map(async ({ sub, refresh }) => {
      // What changed in this second makes the token one of the next.
      await grant(sub, 'before', 'viewer')
      const token = refresh()
      await grant(sub, 'meanwhile', 'trustee')
      const { case_roles, iat } = await token

      const { rights_changed_at } = await recordOf(sub)
      assert.ok(case_roles.meanwhile === 'trustee' || iat <= rights_changed_at, `${iat} ${rights_changed_at}`)
      assert.equal(case_roles.before, 'viewer')
    }),
  )
})
