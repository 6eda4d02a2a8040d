import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ACCESS_CHANNEL, type AccessRecord, type ExchangedToken } from '@munjigi/contracts/access'
import type { ApiKeyList, MadeApiKey } from '@munjigi/contracts/api-keys'
import { decodeJwt } from 'jose'
import { refusalOf } from '../refusal.fixture.ts'
import { PLATFORM, TENANT } from '../service.fixture.ts'
import { endEverything } from '../sessions/end-everything.ts'
import { signedInService } from '../signed-in.fixture.ts'
import { useKey } from './key-exchange.ts'
import { newKeyText, prefixOf } from './key-text.ts'
import { sweepApiKeys } from './sweep.ts'

const HOUR_MS = 3_600_000

let service: Awaited<ReturnType<typeof signedInService>>
before(async () => {
  service = await signedInService()
})
after(() => service.close())

/** Somebody who was let in. */
async function member() {
  const person = await service.signIn()
  await person.change({ role: 'staff' })
  return person
}
type Person = Awaited<ReturnType<typeof member>>

async function make(person: Person, more: object = {}): Promise<MadeApiKey> {
  const answer = await person.call('POST', 'keys', { name: 'agent', scopes: ['meal'], ...more })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  return (await answer.json()) as MadeApiKey
}
const listed = async (person: Person) => ((await (await person.call('GET', 'keys')).json()) as ApiKeyList).keys
const exchange = (api_key: string) => service.internal('tokens', { method: 'POST', body: JSON.stringify({ api_key }) })
async function exchanged(api_key: string): Promise<ExchangedToken> {
  const answer = await exchange(api_key)
  assert.equal(answer.status, 200)
  return (await answer.json()) as ExchangedToken
}
const refused = async (api_key: string) =>
  assert.deepEqual(await refusalOf(await exchange(api_key)), [401, 'unknown-credential'])
const rowOf = (key_id: string) =>
  service.db.selectFrom('api_keys').selectAll().where('key_id', '=', key_id).executeTakeFirstOrThrow()

test('a key is shown once, whole; afterwards it is masked, and only its hash is kept', async () => {
  const person = await member()
  const expires_at = new Date(Date.now() + HOUR_MS).toISOString()
  const made = await make(person, { name: '야간 배치', scopes: ['meal', 'session-station:proxy'], expires_at })
  const [, prefix, secret = ''] = made.api_key.match(/^mj_([a-z0-9]{8})_(.*)$/) ?? []
  assert.equal(Buffer.from(secret.slice(0, 43), 'base64url').length, 32)
  assert.equal(secret.length, 49)

  const masked = { ...made, api_key: `mj_${prefix}_…` }
  assert.deepEqual(await listed(person), [masked])
  const { created_at, last_used_at, ...active } = masked
  assert.deepEqual(await (await person.call('GET', 'keys/active')).json(), active)
  assert.deepEqual([last_used_at, typeof created_at], [null, 'string'])
  assert.ok(!JSON.stringify(await rowOf(made.key_id)).includes(secret))
  const other = `${service.url}/api/v1/auth/keys`
  const headers = { authorization: `Bearer ${person.token}`, 'x-user-sub': person.sub }
  assert.equal((await fetch(other, { headers })).status, 200)
})

test('a key is exchanged for five minutes of its owner, with their rights of now, held to its scopes', async () => {
  const person = await member()
  const made = await make(person, { scopes: ['meal', 'session-station:proxy'] })
  const answer = await exchanged(made.api_key)
  const claims = decodeJwt(answer.access_token)

  assert.deepEqual([answer.sub, answer.key_id, answer.expires_in], [person.sub, made.key_id, 300])
  assert.deepEqual(
    [claims.sub, claims.sid, claims.amr, claims.scope, claims.role, claims.tenant_id, claims.client_id],
    [person.sub, made.key_id, ['api_key'], 'meal session-station:proxy', 'staff', TENANT, undefined],
  )
  await person.change({ role: 'viewer', rights_changed_at: Math.floor(Date.now() / 1000) })
  assert.equal(decodeJwt((await exchanged(made.api_key)).access_token).role, 'viewer')
})

test('the last use is noted, at most once a minute', async () => {
  const { key_id, api_key } = await make(await member())
  await exchanged(api_key)
  const { last_used_at: first } = await rowOf(key_id)
  await exchanged(api_key)
  assert.deepEqual((await rowOf(key_id)).last_used_at, first)
  const earlier = new Date(Date.now() - 61_000)
  await service.db.updateTable('api_keys').set({ last_used_at: earlier }).where('key_id', '=', key_id).execute()
  await exchanged(api_key)

  assert.ok(((await rowOf(key_id)).last_used_at ?? earlier) > earlier)
})

test('a revoked key is dead at once, is told, written down, and listed no more', async () => {
  const person = await member()
  const { key_id, api_key } = await make(person)
  const told = Promise.withResolvers<void>()
  const subscription = await service.store.subscribe(ACCESS_CHANNEL, {
    message: (text) => {
      if (text === JSON.stringify({ key_id })) told.resolve()
    },
  })
  assert.equal((await person.call('DELETE', `keys/${key_id}`)).status, 204)
  await told.promise
  await subscription.close()

  await refused(api_key)
  assert.deepEqual(await listed(person), [])
  assert.deepEqual(await refusalOf(await person.call('GET', 'keys/active')), [404, 'no-active-key'])
  assert.deepEqual(await refusalOf(await person.call('DELETE', `keys/${key_id}`)), [404, 'key-not-found'])
  const lines = await service.db
    .selectFrom('audit_events')
    .select(['action', 'actor', 'details'])
    .where('target', '=', person.sub)
    .where('action', 'like', 'key.%')
    .orderBy('id')
    .execute()
  assert.deepEqual(lines, [
    {
      action: 'key.created',
      actor: person.sub,
      details: { key_id, name: 'agent', scopes: ['meal'], expires_at: null },
    },
    { action: 'key.revoked', actor: person.sub, details: { key_id, name: 'agent' } },
  ])
})

test('a revoked key stands among what has ended as long as a token of it may live, as the message may be lost', async () => {
  const person = await member()
  const [used, unused] = [await make(person), await make(person)]
  const ended = async () => {
    const query = new URLSearchParams({ issuer: PLATFORM, sub: person.sub })
    return ((await (await service.internal(`access?${query}`)).json()) as AccessRecord).ended_sids
  }
  await exchanged(used.api_key)
  assert.deepEqual(await ended(), [])
  for (const { key_id } of [used, unused]) assert.equal((await person.call('DELETE', `keys/${key_id}`)).status, 204)

  assert.deepEqual(await ended(), [used.key_id])
  const longAgo = new Date(Date.now() - 400_000)
  await service.db.updateTable('api_keys').set({ last_used_at: longAgo }).where('key_id', '=', used.key_id).execute()
  assert.deepEqual(await ended(), [])
})

test('a key that has expired is dead, is listed as it was, and its token never outlives it', async () => {
  const person = await member()
  const made = await make(person, { expires_at: new Date(Date.now() + 100_000).toISOString() })
  assert.ok((await exchanged(made.api_key)).expires_in <= 100)
  const expires_at = new Date(Date.now() - 1000)
  await service.db.updateTable('api_keys').set({ expires_at }).where('key_id', '=', made.key_id).execute()

  await refused(made.api_key)
  assert.equal((await listed(person))[0]?.expires_at, expires_at.toISOString())
  assert.deepEqual(await refusalOf(await person.call('GET', 'keys/active')), [404, 'no-active-key'])
})

test('keys that were revoked or expired 90 days ago are removed, later ones not', async () => {
  const person = await member()
  const made = [await make(person), await make(person), await make(person), await make(person)]
  const ago = (days: number) => new Date(Date.now() - days * 24 * HOUR_MS)
  const ends = [{ revoked_at: ago(91) }, { expires_at: ago(91) }, { revoked_at: ago(89) }, {}]
  for (const [index, end] of ends.entries())
    await service.db
      .updateTable('api_keys')
      .set({ name: String(index), ...end })
      .where('key_id', '=', made[index]?.key_id ?? '')
      .execute()
  await sweepApiKeys(service.db)
  const left = service.db.selectFrom('api_keys').select('name').where('person_sub', '=', person.sub).orderBy('name')

  assert.deepEqual(await left.execute(), [{ name: '2' }, { name: '3' }])
})

test('a mistyped key is refused before any look-up, an invented one after it, both alike', async () => {
  const { api_key } = await make(await member())
  const flipped = api_key.slice(0, 20) + (api_key[20] === 'A' ? 'B' : 'A') + api_key.slice(21)
  const withOtherSecret = newKeyText()
  assert.equal(prefixOf(flipped), undefined)
  assert.equal(prefixOf(withOtherSecret)?.length, 8)

  for (const key of [
    flipped,
    withOtherSecret,
    api_key.toUpperCase(),
    `${api_key}A`,
    api_key.slice(0, -1),
    'mj_',
    'mj_x_y',
  ])
    await refused(key)
  await exchanged(api_key)
})

test('whoever is disabled, or whose tenant is suspended, has no key; and disabling ends keys for good', async () => {
  const person = await member()
  const { api_key } = await make(person)
  const suspend = (status: 'active' | 'suspended') => service.db.updateTable('tenants').set({ status }).execute()
  await suspend('suspended')
  await refused(api_key)
  await suspend('active')
  await exchanged(api_key)

  await person.change({ status: 'disabled' })
  await refused(api_key)
  await service.db.transaction().execute((trx) => endEverything(trx, person.sub))
  await person.change({ status: 'active' })
  await refused(api_key)
  const again = await service.signIn({ loginid: person.loginid })
  assert.deepEqual(await listed(again), [])
  const anew = await make(again)
  await exchanged(anew.api_key)
})

test("a key's token is dated before its owner is looked at, so that what ends everything meanwhile ends it too", async (t) => {
  const person = await member()
  const { api_key } = await make(person)
  const began = Date.now()
  t.mock.timers.enable({ apis: ['Date'], now: began })
  const db = new Proxy(service.db, {
    get(target, name: keyof typeof service.db) {
      // The use is noted after the owner was read.
      if (name === 'updateTable') t.mock.timers.tick(1_000)
      const value: unknown = target[name]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const { facts } = await useKey({ db }, api_key)

  assert.equal(facts.iat, Math.floor(began / 1000))
})

test('nobody makes a key for somebody else, nor with fields of their own', async () => {
  const [person, other] = [await member(), await member()]
  const bodies = [
    { person_sub: other.sub },
    { owner: other.sub },
    { tenant_id: randomUUID() },
    { role: 'admin' },
    { scopes: [] },
    { scopes: ['meal case'] },
    { scopes: ['*'] },
    { scopes: ['meal', 'meal'] },
    { scopes: ['session-station:proxy/other'] },
    { name: '' },
    { name: 'a\u0000b' },
    { expires_at: new Date(Date.now() - 1).toISOString() },
    { expires_at: 'tomorrow' },
  ]
  for (const more of bodies) {
    const answer = await person.call('POST', 'keys', { name: 'agent', scopes: ['meal'], ...more })
    assert.deepEqual(await refusalOf(answer), [400, 'invalid-request'], JSON.stringify(more))
  }

  const theirs = await make(other)
  assert.deepEqual(await refusalOf(await person.call('DELETE', `keys/${theirs.key_id}`)), [404, 'key-not-found'])
  assert.deepEqual(await refusalOf(await person.call('DELETE', `keys/${randomUUID()}`)), [404, 'key-not-found'])
  assert.deepEqual(await listed(person), [])
  await exchanged(theirs.api_key)
})

test('a key makes, sees and revokes no keys, whatever its scopes, and who waits for approval makes none', async () => {
  const person = await member()
  const made = await make(person, { scopes: ['auth', 'admin'] })
  const { access_token } = await exchanged(made.api_key)
  for (const [method, path, body] of [
    ['GET', 'keys', undefined],
    ['GET', 'keys/active', undefined],
    ['POST', 'keys', { name: 'second', scopes: ['meal'] }],
    ['DELETE', `keys/${made.key_id}`, undefined],
  ] as const)
    assert.deepEqual(await refusalOf(await person.call(method, path, body, access_token)), [403, 'own-login-required'])

  const newcomer = await service.signIn()
  const answer = await newcomer.call('POST', 'keys', { name: 'early', scopes: ['meal'] })
  assert.deepEqual(await refusalOf(answer), [403, 'approval-pending'])
})

test('the document says where a key is not enough: at keys, sessions and passwords', async () => {
  const response = await fetch(`${service.url}/api/auth/openapi.json`)
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, Record<string, unknown>>> }
  const told = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => item[method]?.['x-own-login'] === true)
      .map((method) => `${method} ${path}`),
  )
  const own = [
    'delete keys/{key_id}',
    'delete sessions',
    'delete sessions/{sid}',
    'get keys',
    'get keys/active',
    'get sessions',
    'post keys',
    'put password',
  ]

  for (const prefix of ['/api/auth/v1/', '/api/v1/auth/'])
    assert.deepEqual(
      told
        .filter((name) => name.includes(prefix))
        .map((name) => name.replace(prefix, ''))
        .toSorted(),
      own,
    )
})

test('fifty keys work at once and not one more, also when they are made in parallel', async () => {
  const person = await member()
  const now = Date.now()
  const row = { tenant_id: TENANT, person_sub: person.sub, name: 'old', prefix: 'aaaaaaaa', scopes: '["meal"]' }
  const filled = Array.from({ length: 47 }, (_, index) => ({
    ...row,
    secret_hash: `hash ${person.sub} ${index}`,
    created_at: new Date(now - index),
    expires_at: null,
    last_used_at: null,
    revoked_at: null,
  }))
  await service.db.insertInto('api_keys').values(filled).execute()
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => person.call('POST', 'keys', { name: 'more', scopes: ['meal'] })),
  )
  const statuses = answers.map(({ status }) => status).toSorted()

  assert.deepEqual(statuses, [201, 201, 201, 409, 409, 409])
  const full = answers.find(({ status }) => status === 409)
  assert.deepEqual(full && (await refusalOf(full)), [409, 'too-many-keys'])
})
