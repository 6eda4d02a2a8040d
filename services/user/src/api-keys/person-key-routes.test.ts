import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { OTHER_TENANT, testAdministration } from '../admin/administration.fixture.ts'
import { refusal } from '../refusal.fixture.ts'
import { TENANT } from '../service.fixture.ts'
import { nowSeconds } from '../tokens/token-times.ts'
import { hashOf, newKeyText, prefixOf } from './key-text.ts'

let admin: Awaited<ReturnType<typeof testAdministration>>
let administrator: string
before(async () => {
  admin = await testAdministration()
  administrator = await admin.seed({ role: 'manager', sections: { 'admin-page': 'admin' } })
})
after(() => admin.close())

async function keyOf(person_sub: string, tenant_id = TENANT): Promise<string> {
  const key = newKeyText()
  const never = { expires_at: null, last_used_at: null, revoked_at: null }
  const row = { tenant_id, person_sub, name: 'agent', prefix: prefixOf(key) ?? '', secret_hash: hashOf(key) }
  const { key_id } = await admin.db
    .insertInto('api_keys')
    .values({ ...row, scopes: '["meal"]', ...never })
    .returning('key_id')
    .executeTakeFirstOrThrow()
  return key_id
}
async function sessionOf(person_sub: string): Promise<string> {
  const sid = randomUUID()
  const exp = nowSeconds() + 900
  await admin.db
    .insertInto('sessions')
    .values({ sid, person_sub, access_exp: exp, refresh_exp: exp, id_token_sealed: null, ended_at: null })
    .execute()
  return sid
}
const endedAt = (sid: string) =>
  admin.db.selectFrom('sessions').select('ended_at').where('sid', '=', sid).executeTakeFirstOrThrow()
const lines = (target: string) =>
  admin.db.selectFrom('audit_events').select(['actor', 'action', 'details']).where('target', '=', target).execute()

test("an administrator sees a person's keys masked and revokes one, told and written down", async () => {
  const sub = await admin.seed()
  const key_id = await keyOf(sub)
  const before = await admin.as(administrator)('GET', `/people/${sub}/keys`)
  assert.equal(before.status, 200)
  assert.match(before.body.keys[0].api_key, /^mj_[a-z0-9]{8}_…$/)
  assert.equal((await admin.as(administrator)('DELETE', `/people/${sub}/keys/${key_id}`)).status, 200)

  await admin.announced(key_id, 1)
  assert.deepEqual((await admin.as(administrator)('GET', `/people/${sub}/keys`)).body, { keys: [] })
  assert.deepEqual(await lines(sub), [
    { actor: administrator, action: 'key.revoked', details: { key_id, name: 'agent' } },
  ])
  assert.deepEqual(refusal(await admin.as(administrator)('DELETE', `/people/${sub}/keys/${key_id}`)), [
    404,
    'key-not-found',
  ])
})

test('an administrator sees where a person is signed in and signs them out everywhere', async () => {
  const sub = await admin.seed()
  const sids = [await sessionOf(sub), await sessionOf(sub)].toSorted()
  const { body } = await admin.as(administrator)('GET', `/people/${sub}/sessions`)
  assert.deepEqual(body.sessions.map((session: { sid: string }) => session.sid).toSorted(), sids)
  assert.equal((await admin.as(administrator)('DELETE', `/people/${sub}/sessions`)).status, 200)

  for (const sid of sids) assert.notEqual((await endedAt(sid)).ended_at, null)
  const [line, ...more] = await lines(sub)
  assert.deepEqual([line?.actor, line?.action, more], [administrator, 'person.sessions-ended', []])
  await admin.announced(sub, 1)
})

test("keys and sessions of another tenant's people are absent, and those of stronger people are not touched", async () => {
  const outsider = await admin.seed({ tenant_id: OTHER_TENANT })
  const strong = await admin.seed({ role: 'admin' })
  const paths = async (sub: string, tenant_id: string) => {
    const key_id = await keyOf(sub, tenant_id)
    return [
      ['GET', `/people/${sub}/keys`],
      ['DELETE', `/people/${sub}/keys/${key_id}`],
      ['GET', `/people/${sub}/sessions`],
      ['DELETE', `/people/${sub}/sessions`],
    ] as const
  }
  const sid = await sessionOf(strong)

  for (const [method, path] of await paths(outsider, OTHER_TENANT))
    assert.deepEqual(refusal(await admin.as(administrator)(method, path)), [404, 'person-not-found'])
  for (const [method, path] of await paths(strong, TENANT))
    assert.deepEqual(refusal(await admin.as(administrator)(method, path)), [403, 'above-own-rights'])
  assert.equal((await endedAt(sid)).ended_at, null)
  for (const [method, path] of await paths(outsider, OTHER_TENANT))
    assert.equal((await admin.as(admin.superuser)(method, path)).status, 200)
})

test("the key of one person is not revoked under another's name, and API keys see and administer nobody's", async () => {
  const [sub, other] = [await admin.seed(), await admin.seed()]
  const key_id = await keyOf(other)
  const wrong = await admin.as(administrator)('DELETE', `/people/${sub}/keys/${key_id}`)
  assert.deepEqual(refusal(wrong), [404, 'key-not-found'])
  for (const [method, path] of [
    ['DELETE', `/people/${other}/keys/${key_id}`],
    ['DELETE', `/people/${other}/sessions`],
    ['GET', `/people/${other}/keys`],
    ['GET', `/people/${other}/sessions`],
    ['GET', `/people/${administrator}/keys`],
  ] as const) {
    const byKey = await admin.as(administrator)(method, path, { claims: { scope: 'admin' } })
    assert.deepEqual(refusal(byKey), [403, 'own-login-required'], path)
  }
})
