import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { AccessRecord, ExchangedToken } from '@munjigi/contracts/access'
import { type TestIssuer, testIssuer } from '@munjigi/testing/issuer'
import { decodeJwt } from 'jose'
import { refusalOf } from '../refusal.fixture.ts'
import { INTERNAL_KEY, PLATFORM, TENANT, type TestService, testBrowser, testService } from '../service.fixture.ts'
import { ISSUER, testIdp } from '../sso/idp.fixture.ts'

let service: TestService
let idp: Awaited<ReturnType<typeof testIdp>>
let company: TestIssuer
let outside: TestIssuer
let people = 0

before(async () => {
  ;[idp, company, outside] = await Promise.all([testIdp(), testIssuer(), testIssuer()])
  const rules = { algorithms: ['RS256' as const], audiences: ['munjigi'], unknown_people: 'refuse' as const }
  service = await testService({
    env: { ...idp.env(idp.pemFile), SSO_TOKEN_DELIVERY: 'token' },
    issuers: [
      { ...rules, issuer: ISSUER, jwks_uri: company.jwksUri, people: 'shared' },
      {
        ...rules,
        issuer: company.issuer,
        people: 'shared',
        act_for_users: { 'notice-service': { modules: ['meal'] } },
      },
      { ...rules, issuer: outside.issuer, people: 'own', name: 'outside' },
    ],
  })
})
after(async () => {
  await service.close()
  await company.close()
  await outside.close()
})

async function signIn() {
  const browser = testBrowser(service.url)
  const name = `name-${++people}`
  const answer = await browser.callback(await idp.answer(await browser.begin(), { sub: name, loginid: name }))
  const token = new URL(answer.headers.get('location') ?? '').searchParams.get('token') ?? ''
  const claims = decodeJwt(token) as { sub: string; sid: string; iat: number; exp: number }
  const change = (values: object) =>
    service.db.updateTable('people').set(values).where('sub', '=', claims.sub).execute()
  return { browser, token, name, ...claims, change }
}

const access = (issuer: string, sub: string) => service.internal(`access?${new URLSearchParams({ issuer, sub })}`)
const recordOf = async (issuer: string, sub: string) => {
  const answer = await access(issuer, sub)
  assert.equal(answer.status, 200)
  return (await answer.json()) as AccessRecord
}
const exchange = (body: object) => service.internal('tokens', { method: 'POST', body: JSON.stringify(body) })
const exchanged = async (body: object) => {
  const answer = await exchange(body)
  assert.equal(answer.status, 200)
  return (await answer.json()) as ExchangedToken
}
const clientToken = (claims: Record<string, unknown> = {}) =>
  company.token({
    sid: undefined,
    client_id: 'notice-service',
    azp: 'notice-service',
    sub: 'service-account',
    ...claims,
  })

test('internal routes open to a key of INTERNAL_KEYS alone', async () => {
  for (const key of ['', 'x', `${INTERNAL_KEY}x`, `gateway:${INTERNAL_KEY}`]) {
    const answer = await service.internal(`access?issuer=a&sub=b`, { headers: { 'x-internal-key': key } })
    assert.deepEqual(await refusalOf(answer), [401, 'internal-key-invalid'])
  }
})

test('the record of a person is the same under each of their names', async () => {
  const { sub, name } = await signIn()
  const record = await recordOf(PLATFORM, sub)

  assert.deepEqual(await recordOf(ISSUER, name), record)
  assert.deepEqual(record, {
    sub,
    names: [
      { issuer: PLATFORM, sub },
      { issuer: ISSUER, sub: name },
    ],
    status: 'active',
    role: 'PENDING',
    superuser: false,
    tenant: { id: TENANT, status: 'active' },
    sections: [],
    valid_from: 0,
    rights_changed_at: 0,
    ended_sids: [],
  })
})

test('nobody is known by the name that another issuer gives them', async () => {
  const { sub, name } = await signIn()
  await service.db
    .insertInto('person_names')
    .values({ issuer: outside.issuer, sub: 'guest', person_sub: sub })
    .execute()
  const unknown: [string, string][] = [
    [PLATFORM, name],
    [ISSUER, sub],
    [outside.issuer, sub],
    [outside.issuer, 'guest'],
    ['https://nobody.example.com', sub],
  ]

  for (const [issuer, subject] of unknown)
    assert.deepEqual(await refusalOf(await access(issuer, subject)), [404, 'unknown-person'])
})

test('sections are the own ones and those of the groups, the higher level of each, and all of them for a superuser', async () => {
  const { sub, change } = await signIn()
  const grant = (section_id: string, level: 'user' | 'admin') => ({ person_sub: sub, section_id, level })
  await service.db
    .insertInto('section_grants')
    .values([grant('canvas', 'user'), grant('train', 'admin')])
    .execute()
  await service.db.insertInto('groups').values({ id: 'makers', title: 'Makers' }).execute()
  await service.db
    .insertInto('group_sections')
    .values([
      { group_id: 'makers', section_id: 'canvas', level: 'admin' },
      { group_id: 'makers', section_id: 'eval', level: 'user' },
    ])
    .execute()
  await service.db.insertInto('group_members').values({ group_id: 'makers', person_sub: sub }).execute()
  assert.deepEqual((await recordOf(PLATFORM, sub)).sections, [
    { id: 'canvas', level: 'admin' },
    { id: 'eval', level: 'user' },
    { id: 'train', level: 'admin' },
  ])

  await change({ role: 'ADMIN', superuser: true })
  const { sections } = await recordOf(PLATFORM, sub)
  assert.ok(sections.every(({ level }) => level === 'admin'))
  for (const id of ['canvas', 'admin-page', 'auth-profile-reveal', 'auth-profile-store'])
    assert.ok(
      sections.some((section) => section.id === id),
      id,
    )
})

test('an ended session is listed until its last token ends', async () => {
  const { sub, sid, browser } = await signIn()
  await browser.get('/api/auth/logout/')
  assert.deepEqual((await recordOf(PLATFORM, sub)).ended_sids, [sid])
  await service.db.updateTable('sessions').set({ access_exp: 1000 }).where('sid', '=', sid).execute()

  assert.deepEqual((await recordOf(PLATFORM, sub)).ended_sids, [])
})

test('a token with outdated rights is exchanged for one of five minutes with those of now', async () => {
  const { token, sub, sid, change } = await signIn()
  await change({ role: 'manager', rights_changed_at: Math.floor(Date.now() / 1000) })
  const answer = await exchanged({ token })
  const claims = decodeJwt(answer.access_token)

  assert.deepEqual([answer.sub, answer.expires_in], [sub, 300])
  assert.deepEqual([claims.sub, claims.sid, claims.role], [sub, sid, 'manager'])
  assert.ok((claims.permissions as string[]).includes('user:manage'))
  assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 300)
  assert.equal(claims.client_id, undefined)
})

test('an exchanged token lives no longer than the one it was exchanged for, and keeps what narrows it', async () => {
  const { sub, change } = await signIn()
  await change({ role: 'USER' })
  const acting = await exchanged({
    token: clientToken({ exp: Math.floor(Date.now() / 1000) + 60 }),
    act_for: sub,
    module: 'meal',
  })
  const again = decodeJwt((await exchanged({ token: acting.access_token })).access_token)

  assert.ok(acting.expires_in <= 60)
  assert.equal(again.exp, decodeJwt(acting.access_token).exp)
  assert.equal(again.scope, 'meal')
  assert.deepEqual(again.act, { sub: 'service-account', client_id: 'notice-service' })
})

test('the token of a shared issuer is exchanged for one with our subject, and that of an issuer with own people is not', async () => {
  const { sub, name } = await signIn()
  await service.db.insertInto('person_names').values({ issuer: company.issuer, sub: name, person_sub: sub }).execute()
  const claims = decodeJwt(
    (await exchanged({ token: company.token({ sub: name, sid: 'company-session' }) })).access_token,
  )
  assert.deepEqual([claims.iss, claims.sub, claims.sid], [PLATFORM, sub, 'company-session'])

  await service.db.insertInto('person_names').values({ issuer: outside.issuer, sub: name, person_sub: sub }).execute()
  assert.deepEqual(await refusalOf(await exchange({ token: outside.token({ sub: name }) })), [403, 'unknown-person'])
})

test('only a credential that is good now is exchanged', async () => {
  const { token, sub, change, browser } = await signIn()
  const stranger = await testIssuer({ issuer: PLATFORM })
  const bad = [stranger.token({ sub }), 'x', token.slice(0, -3)]
  await stranger.close()
  for (const text of bad)
    assert.deepEqual(await refusalOf(await exchange({ token: text })), [401, 'unknown-credential'])
  assert.deepEqual(await refusalOf(await exchange({ api_key: 'mj_anything' })), [401, 'unknown-credential'])
  assert.deepEqual(await refusalOf(await exchange({ token: company.token({ sub: 'nobody' }) })), [
    403,
    'unknown-person',
  ])
  assert.deepEqual(await refusalOf(await exchange({ token: clientToken() })), [403, 'unknown-person'])

  await change({ status: 'disabled' })
  assert.deepEqual(await refusalOf(await exchange({ token })), [403, 'account-disabled'])
  await change({ status: 'active', valid_from: Math.floor(Date.now() / 1000) + 1 })
  assert.deepEqual(await refusalOf(await exchange({ token })), [401, 'unknown-credential'])
  await change({ valid_from: 0 })
  await browser.get('/api/auth/logout/')
  assert.deepEqual(await refusalOf(await exchange({ token })), [401, 'unknown-credential'])
})

test('a listed client acts for a person in one module, with their rights, and it is written down', async () => {
  const { sub, change } = await signIn()
  await change({ role: 'staff' })
  const jti = randomUUID()
  const { access_token } = await exchanged({ token: clientToken({ jti }), act_for: sub, module: 'meal' })
  const claims = decodeJwt(access_token)

  assert.deepEqual([claims.sub, claims.role, claims.sid, claims.scope], [sub, 'staff', jti, 'meal'])
  assert.deepEqual(claims.act, { sub: 'service-account', client_id: 'notice-service' })
  assert.equal(claims.client_id, undefined)
  const event = await service.db
    .selectFrom('audit_events')
    .selectAll()
    .where('action', '=', 'person.acted-for')
    .where('target', '=', sub)
    .executeTakeFirstOrThrow()
  assert.deepEqual(event.details, { client_id: 'notice-service', module: 'meal', issuer: company.issuer })
})

test('a client acts for nobody who has power over others, nor for whom it is not listed', async () => {
  const { sub, change, token } = await signIn()
  const act = (more: object = {}) => exchange({ token: clientToken(), act_for: sub, module: 'meal', ...more })
  const refused = async (answer: Promise<Response>) =>
    assert.deepEqual(await refusalOf(await answer), [403, 'acting-refused'])
  await refused(act())
  await change({ role: 'ADMIN', superuser: true })
  await refused(act())
  await change({ role: 'admin', superuser: false })
  await refused(act())
  await change({ role: 'USER', status: 'disabled' })
  await refused(act())
  await change({ status: 'active' })
  await refused(act({ module: 'admin' }))
  await refused(act({ module: 'constructor' }))
  await refused(act({ token: clientToken({ client_id: 'other', azp: 'other' }) }))
  await refused(act({ token }))
  assert.deepEqual(await refusalOf(await act({ act_for: 'nobody' })), [403, 'unknown-person'])
  assert.deepEqual(await refusalOf(await act({ token: 'x' })), [401, 'unknown-credential'])
  assert.equal((await act()).status, 200)

  await service.db
    .insertInto('section_grants')
    .values({ person_sub: sub, section_id: 'eval', level: 'admin' })
    .execute()
  await refused(act())
})

test('a body that is none of the three exchanges is refused', async () => {
  for (const body of [{}, { token: 'a', api_key: 'b' }, { act_for: 'a', module: 'b' }, { token: 7 }])
    assert.deepEqual(await refusalOf(await exchange(body)), [400, 'invalid-request'])
})

test('the public keys verify what was issued, may be cached, and are public halves only', async () => {
  const answer = await fetch(`${service.url}/.well-known/jwks.json`)
  const { keys } = (await answer.json()) as { keys: Record<string, string>[] }

  assert.equal(answer.headers.get('cache-control'), 'public, max-age=300')
  assert.deepEqual(Object.keys(keys[0] ?? {}).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
})
