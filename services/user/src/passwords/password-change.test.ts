import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { refusalOf } from '../refusal.fixture.ts'
import { FRONTEND } from '../service.fixture.ts'
import { newAddress, PASSWORD, send, type TestPasswords, testPasswords, tokensOf } from './passwords.fixture.ts'
import { sweepPasswords } from './sweep.ts'

const NEXT = 'a-new-password'
const OTHER_TENANT = '00000000-0000-4000-8000-000000000002'
const DAY_MS = 86_400_000

let house: TestPasswords
before(async () => {
  house = await testPasswords({ PASSWORD_MIN_CHARACTERS: '8' })
  await house.service.db.insertInto('tenants').values({ id: OTHER_TENANT, name: 'other' }).execute()
})
after(() => house.service.close())

type Row = Parameters<TestPasswords['person']>[0]

/** Somebody who has signed in, and calls with what they were given. */
async function signedIn(row: Row = {}) {
  const person = await house.person(row)
  return { ...person, ...(await session(person)) }
}

async function session({ sub, email }: { sub: string; email: string }, password = PASSWORD) {
  const tokens = await tokensOf(await house.login({ email, password }, newAddress()))
  return { ...tokens, sid: decodeJwt(tokens.access_token).sid as string, call: house.as(tokens.access_token, sub) }
}

/** An administrator of the tenant who is no superuser. */
async function administrator(row: Row = {}) {
  const { sub, email } = await house.person({ role: 'manager', ...row })
  const { db } = house.service
  await db.insertInto('section_grants').values({ person_sub: sub, section_id: 'admin-page', level: 'admin' }).execute()
  return { sub, email, ...(await session({ sub, email })) }
}

const refresh = (refresh_token: string) => send('POST', `${house.service.url}/api/auth/v1/refresh`, { refresh_token })
const statusOf = async ({ email }: { email: string }, password: string) =>
  (await house.login({ email, password }, newAddress())).status
const change = (body: object) => ['PUT', '/api/auth/v1/password', body] as const
const audited = (target: string, action: string) =>
  house.service.db
    .selectFrom('audit_events')
    .select(['actor', 'details'])
    .where('target', '=', target)
    .where('action', '=', action)
    .execute()

interface Link {
  reset_url: string
  expires_at: string
}
const reset = (token: string, new_password = NEXT) =>
  send('POST', `${house.service.url}/api/auth/v1/password-reset`, { token, new_password }, newAddress())
const issue = (sub: string, body?: object) => ['POST', `/api/admin/v1/people/${sub}/password-reset`, body] as const

async function linkOf(response: Response) {
  assert.equal(response.status, 200)
  const link = (await response.json()) as Link
  return { ...link, token: link.reset_url.split('#token=')[1] ?? '' }
}

test('a changed password replaces the old one and ends the other sessions, not the own', async () => {
  const me = await signedIn()
  const elsewhere = await session(me)
  const answer = await me.call(...change({ current_password: PASSWORD, new_password: NEXT }))

  assert.equal(answer.status, 204)
  assert.equal(await statusOf(me, PASSWORD), 401)
  assert.equal(await statusOf(me, NEXT), 200)
  assert.deepEqual(await refusalOf(await refresh(elsewhere.refresh_token)), [401, 'session-ended'])
  assert.deepEqual(await refusalOf(await elsewhere.call('GET', '/api/auth/v1/me')), [401, 'session-ended'])
  assert.equal((await refresh(me.refresh_token)).status, 200)
  assert.deepEqual(await audited(me.sub, 'person.password-changed'), [{ actor: me.sub, details: { by: 'own' } }])
})

test('who signs in with the old password while it is changed keeps no session', async () => {
  const me = await signedIn()
  const [changed, ...logins] = await Promise.all([
    me.call(...change({ current_password: PASSWORD, new_password: NEXT })),
    ...[1, 2, 3].map(() => house.login({ email: me.email, password: PASSWORD }, newAddress())),
  ])
  assert.equal(changed.status, 204)

  for (const login of logins) {
    if (login.status === 401) continue
    const { refresh_token } = await tokensOf(login)
    assert.deepEqual(await refusalOf(await refresh(refresh_token)), [401, 'session-ended'])
  }
})

test('of two changes at once one is done, and the other sees that the password is another by now', async () => {
  const me = await signedIn()
  const answers = await Promise.all(
    ['first-password', 'second-password'].map((new_password) =>
      me.call(...change({ current_password: PASSWORD, new_password })),
    ),
  )

  assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 403])
  const refused = answers.find(({ status }) => status === 403) as Response
  assert.deepEqual(await refusalOf(refused), [403, 'password-wrong'])
})

test('a new password has eight characters, is not the e-mail, and is refused before anything is tried', async () => {
  const me = await signedIn()
  const fieldOf = async (new_password: unknown) => {
    const answer = await me.call(...change({ current_password: 'wrong', new_password: new_password }))
    const body = (await answer.json()) as { type: string; faults?: { field: string }[] }
    return [answer.status, body.type, body.faults?.[0]?.field]
  }

  for (const weak of ['1234567', '🙂'.repeat(7), me.email.toUpperCase(), 'a\0bcdefgh', 'a'.repeat(1025), null])
    assert.deepEqual(await fieldOf(weak), [400, '/problems/invalid-request', 'new_password'])
  assert.equal(await statusOf(me, PASSWORD), 200)
})

test('nobody changes a password without a login, by an API key, or where none is set', async () => {
  const me = await signedIn()
  const body = { current_password: PASSWORD, new_password: NEXT }
  const nobody = await send('PUT', `${house.service.url}/api/auth/v1/password`, body)
  const made = await me.call('POST', '/api/auth/v1/keys', { name: 'key', scopes: ['auth'] })
  const { api_key } = (await made.json()) as { api_key: string }
  const exchanged = await house.service.internal('tokens', { method: 'POST', body: JSON.stringify({ api_key }) })
  const byKey = house.as(((await exchanged.json()) as { access_token: string }).access_token, me.sub)
  await house.service.db.updateTable('passwords').set({ hash: null }).where('person_sub', '=', me.sub).execute()

  assert.deepEqual(await refusalOf(nobody), [401, 'token-missing'])
  assert.deepEqual(await refusalOf(await byKey(...change(body))), [403, 'own-login-required'])
  assert.deepEqual(await refusalOf(await me.call(...change(body))), [409, 'password-not-set'])
  assert.deepEqual(await refusalOf(await me.call(...change({ ...body, sub: 'x' }))), [400, 'invalid-request'])
})

test("a link sets a password once, within a day, and ends every session; nobody but its holder has the link's secret", async () => {
  const admin = await administrator()
  const person = await signedIn()
  const issued = await admin.call(...issue(person.sub))
  const { reset_url, expires_at, token } = await linkOf(issued)
  const left = Date.parse(expires_at) - Date.now()
  const rows = await house.service.db
    .selectFrom('password_resets')
    .select(['token_hash', 'created_by'])
    .where('person_sub', '=', person.sub)
    .execute()

  assert.equal(issued.headers.get('cache-control'), 'no-store')
  assert.ok(reset_url.startsWith(`${FRONTEND}/reset-password#token=`) && token.length === 43)
  assert.ok(left > DAY_MS / 2 && left <= DAY_MS)
  assert.deepEqual(rows, [{ token_hash: createHash('sha256').update(token).digest('hex'), created_by: admin.sub }])
  assert.equal(await statusOf(person, PASSWORD), 200)

  assert.equal((await reset(token)).status, 204)
  assert.deepEqual(await refusalOf(await reset(token)), [401, 'reset-link-invalid'])
  assert.equal(await statusOf(person, PASSWORD), 401)
  assert.equal(await statusOf(person, NEXT), 200)
  assert.deepEqual(await refusalOf(await refresh(person.refresh_token)), [401, 'session-ended'])
  assert.deepEqual(await refusalOf(await person.call('GET', '/api/auth/v1/me')), [401, 'token-outdated'])
  assert.deepEqual(await audited(person.sub, 'person.password-reset-issued'), [
    { actor: admin.sub, details: { email: person.email, expires_at } },
  ])
  assert.deepEqual(await audited(person.sub, 'person.password-changed'), [
    { actor: person.sub, details: { by: 'link' } },
  ])
})

test('a link used twice at once works once', async () => {
  const admin = await administrator()
  const person = await house.person({ hash: null })
  const { token } = await linkOf(await admin.call(...issue(person.sub)))
  const passwords = ['first-password', 'second-password']
  const answers = await Promise.all(passwords.map((password) => reset(token, password)))
  const works = await Promise.all(passwords.map((password) => statusOf(person, password)))

  assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 401])
  assert.deepEqual(
    works,
    answers.map(({ status }) => (status === 204 ? 200 : 401)),
  )
})

test('a new link voids the one before it, a changed password every link, and a day ends it', async () => {
  const admin = await administrator()
  const person = await signedIn()
  const first = await linkOf(await admin.call(...issue(person.sub)))
  const second = await linkOf(await admin.call(...issue(person.sub)))
  assert.deepEqual(await refusalOf(await reset(first.token)), [401, 'reset-link-invalid'])
  await person.call(...change({ current_password: PASSWORD, new_password: NEXT }))
  assert.deepEqual(await refusalOf(await reset(second.token)), [401, 'reset-link-invalid'])

  const third = await linkOf(await admin.call(...issue(person.sub)))
  const { db } = house.service
  const ended = { expires_at: new Date(Date.now() - 1) }
  await db.updateTable('password_resets').set(ended).where('person_sub', '=', person.sub).execute()
  assert.deepEqual(await refusalOf(await reset(third.token)), [401, 'reset-link-invalid'])
  await sweepPasswords(db)
  const left = await db
    .selectFrom('password_resets')
    .select('token_hash')
    .where('person_sub', '=', person.sub)
    .execute()
  assert.deepEqual(left, [])
  assert.deepEqual(await refusalOf(await reset('guessed')), [401, 'reset-link-invalid'])
})

test('a use that is refused leaves the link, the password and the sessions as they were', async () => {
  const admin = await administrator()
  const person = await signedIn()
  const { token } = await linkOf(await admin.call(...issue(person.sub)))
  const { db } = house.service
  assert.deepEqual(await refusalOf(await reset(token, 'short')), [400, 'invalid-request'])
  await db.updateTable('people').set({ status: 'disabled' }).where('sub', '=', person.sub).execute()
  assert.deepEqual(await refusalOf(await reset(token)), [403, 'account-disabled'])
  await db.updateTable('people').set({ status: 'active' }).where('sub', '=', person.sub).execute()

  assert.equal(await statusOf(person, PASSWORD), 200)
  assert.equal((await refresh(person.refresh_token)).status, 200)
  assert.equal((await reset(token)).status, 204)
})

test('a link is worth what its maker may do by now: raised, moved, shut out or given more, the person is let in by none of before', async () => {
  const { db } = house.service
  const root = await signedIn({ role: 'ADMIN', superuser: true })
  const path = (sub: string, way: string) => `/api/admin/v1/people/${sub}/${way}`
  const change = async (sub: string, way: string, body?: object) => {
    const answer = await root.call(body === undefined ? 'POST' : 'PUT', path(sub, way), body)
    assert.equal(answer.status, 200, way)
  }
  const sections = { sections: [{ id: 'canvas', level: 'admin' }] }
  const since: [what: string, change: (person: string, maker: string) => Promise<unknown>][] = [
    ['raised', (person) => change(person, 'role', { role: 'ADMIN' })],
    ['given a section', (person) => change(person, 'sections', sections)],
    ['moved', (person) => change(person, 'tenant', { tenant_id: OTHER_TENANT })],
    ['disabled and enabled', async (person) => [await change(person, 'disable'), await change(person, 'enable')]],
    ['maker disabled', (_person, maker) => change(maker, 'disable')],
    ['maker moved', (_person, maker) => change(maker, 'tenant', { tenant_id: OTHER_TENANT })],
    ['maker no administrator', (_person, maker) => change(maker, 'sections', { sections: [] })],
    ['maker gone', () => db.updateTable('password_resets').set({ created_by: 'nobody' }).execute()],
  ]

  for (const [what, happens] of since) {
    const maker = await administrator()
    const person = await house.person({ role: 'staff' })
    const { token } = await linkOf(await maker.call(...issue(person.sub)))
    await happens(person.sub, maker.sub)
    assert.deepEqual(await refusalOf(await reset(token)), [401, 'reset-link-invalid'], what)
    assert.equal(await statusOf(person, NEXT), 401, what)
    assert.equal(await statusOf(person, PASSWORD), 200, what)
  }
})

test('an administrator makes links for those alone whom they may act on, and never by a key or for themselves', async () => {
  const admin = await administrator()
  const usual = await signedIn()
  const strong = await house.person({ role: 'ADMIN' })
  const foreign = await house.person({ tenant_id: OTHER_TENANT })

  assert.deepEqual(await refusalOf(await usual.call(...issue(admin.sub))), [403, 'section-required'])
  assert.deepEqual(await refusalOf(await admin.call(...issue(strong.sub))), [403, 'above-own-rights'])
  assert.deepEqual(await refusalOf(await admin.call(...issue(admin.sub))), [403, 'own-rights'])
  for (const sub of [foreign.sub, 'nobody'])
    assert.deepEqual(await refusalOf(await admin.call(...issue(sub))), [404, 'person-not-found'])
  assert.deepEqual(await refusalOf(await send('POST', `${house.service.url}${issue(usual.sub)[1]}`)), [
    401,
    'token-missing',
  ])
})

test('a first link names the e-mail of the person; another is for superusers to give, and belongs to one person', async () => {
  const [admin, superuser] = [await administrator(), await signedIn({ role: 'ADMIN', superuser: true })]
  const [person, other] = [await house.person(), await house.person()]
  const { db } = house.service
  await db.deleteFrom('passwords').where('person_sub', '=', person.sub).execute()
  const { token } = await linkOf(await admin.call(...issue(person.sub)))
  assert.equal((await reset(token)).status, 204)
  assert.equal(await statusOf(person, NEXT), 200)

  const given = (email: string) => issue(person.sub, { email })
  assert.deepEqual(await refusalOf(await admin.call(...given('new@munjigi.test'))), [403, 'superuser-required'])
  assert.deepEqual(await refusalOf(await superuser.call(...given(other.email))), [409, 'email-taken'])
  assert.deepEqual(await refusalOf(await superuser.call(...given('no e-mail'))), [400, 'invalid-request'])
  await linkOf(await superuser.call(...given('New@Munjigi.test')))
  assert.equal(await statusOf({ email: 'new@munjigi.test' }, NEXT), 200)
  assert.equal(await statusOf(person, NEXT), 401)

  await db.updateTable('people').set({ email: null }).where('sub', '=', other.sub).execute()
  await db.deleteFrom('passwords').where('person_sub', '=', other.sub).execute()
  assert.deepEqual(await refusalOf(await admin.call(...issue(other.sub))), [400, 'invalid-request'])
})
