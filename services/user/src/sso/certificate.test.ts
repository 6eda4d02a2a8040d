import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { refusalOf } from '../refusal.fixture.ts'
import { FRONTEND, TENANT, type TestService, testBrowser, testService } from '../service.fixture.ts'
import { ISSUER, testIdp } from './idp.fixture.ts'

let idp: Awaited<ReturnType<typeof testIdp>>
let service: TestService
before(async () => {
  idp = await testIdp()
  service = await testService({
    env: { ...idp.env(idp.derFile), SSO_TOKEN_DELIVERY: 'token', INITIAL_ADMIN_IDS: ' biend.i , nobody' },
  })
})
after(() => service.close())

async function signIn(claims: Record<string, unknown> = {}) {
  const browser = testBrowser(service.url)
  const answer = await browser.callback(await idp.answer(await browser.begin(), claims))
  return { browser, answer, token: new URL(answer.headers.get('location') ?? FRONTEND).searchParams.get('token') ?? '' }
}

test('the first sign-in makes a PENDING person of the default tenant under a new UUID and goes to the front end with a token', async () => {
  const { answer, token, browser } = await signIn({ sub: 'e-1', loginid: 'first' })
  const claims = decodeJwt(token)

  assert.equal(answer.status, 302)
  assert.ok(answer.headers.get('location')?.startsWith(`${FRONTEND}/?token=`))
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.match(claims.sub ?? '', /^[0-9a-f-]{36}$/)
  assert.equal(claims.role, 'PENDING')
  assert.equal(claims.tenant_id, TENANT)
  assert.equal(claims.user_id, 'first')
  assert.equal(claims.username_kr, '한승하')
  assert.equal(claims.deptname_en, 'Platform Development')
  assert.deepEqual([claims.permissions, claims.case_roles], [[], {}])
  assert.equal(claims.realm_access, undefined)
  assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 43_200)
  const name = await service.db
    .selectFrom('person_names')
    .selectAll()
    .where('sub', '=', 'e-1')
    .executeTakeFirstOrThrow()
  assert.deepEqual([name.issuer, name.person_sub], [ISSUER, claims.sub])
  assert.ok(browser.cookies.has('munjigi-refresh'))
})

test('the same name signs in as the same person, and what the IdP no longer tells stays', async () => {
  const first = await signIn({ sub: 'e-2', loginid: 'second' })
  const again = await signIn({ sub: 'e-2', loginid: 'second', mail: undefined, username: '새 이름' })

  assert.equal(decodeJwt(again.token).sub, decodeJwt(first.token).sub)
  assert.equal(decodeJwt(again.token).username_kr, '새 이름')
  assert.equal(decodeJwt(again.token).email, 'syngha.han@example.com')
})

test('a login id belongs to whoever brought it first, in any case of letters, and the attempt is in the audit log', async () => {
  await signIn({ sub: 'e-3', loginid: 'owner' })
  for (const loginid of ['owner', 'OWNER']) {
    const { answer } = await signIn({ sub: 'e-3-thief', loginid })
    assert.equal(answer.status, 403)
    assert.match(await answer.text(), /다른 계정/)
  }

  const events = await service.db
    .selectFrom('audit_events')
    .select('details')
    .where('action', '=', 'sso.login-id-taken')
    .execute()
  assert.deepEqual(
    events.map(({ details }) => details.user_id),
    ['owner', 'OWNER'],
  )
})

test('what is told of another tenant’s person stands in the log of their tenant, not in that of new people', async () => {
  const OTHER_TENANT = '00000000-0000-4000-8000-000000000002'
  await service.db.insertInto('tenants').values({ id: OTHER_TENANT, name: 'other' }).execute()
  const { db } = service
  for (const [sub, loginid] of [
    ['e-7', 'elsewhere'],
    ['e-6', 'biend.i'],
  ]) {
    const { token } = await signIn({ sub, loginid })
    const moved = { tenant_id: OTHER_TENANT, role: 'USER', superuser: false }
    await db
      .updateTable('people')
      .set(moved)
      .where('sub', '=', decodeJwt(token).sub as string)
      .execute()
  }
  const { id } = await db
    .selectFrom('audit_events')
    .select(({ fn }) => fn.max('id').as('id'))
    .executeTakeFirstOrThrow()
  assert.equal((await signIn({ sub: 'e-thief', loginid: 'Elsewhere' })).answer.status, 403)
  await signIn({ sub: 'e-6', loginid: 'biend.i' })

  assert.deepEqual(
    await db
      .selectFrom('audit_events')
      .select(['action', 'tenant_id'])
      .where('id', '>', id)
      .where('action', 'in', ['sso.login-id-taken', 'person.made-initial-admin'])
      .orderBy('id')
      .execute(),
    [
      { action: 'sso.login-id-taken', tenant_id: OTHER_TENANT },
      { action: 'person.made-initial-admin', tenant_id: OTHER_TENANT },
    ],
  )
})

test('a known person who comes back under the login id of another is refused', async () => {
  await signIn({ sub: 'e-4', loginid: 'four' })
  await signIn({ sub: 'e-5', loginid: 'five' })
  const { answer } = await signIn({ sub: 'e-5', loginid: 'four' })

  assert.equal(answer.status, 403)
})

test('who stands in INITIAL_ADMIN_IDS is made ADMIN and superuser at every sign-in', async () => {
  const { token } = await signIn({ sub: 'e-6', loginid: 'biend.i' })
  const sub = decodeJwt(token).sub as string
  assert.equal(decodeJwt(token).role, 'ADMIN')
  await service.db.updateTable('people').set({ role: 'USER', superuser: false }).where('sub', '=', sub).execute()

  assert.equal(decodeJwt((await signIn({ sub: 'e-6', loginid: 'biend.i' })).token).role, 'ADMIN')
  const person = await service.db.selectFrom('people').select('superuser').where('sub', '=', sub).executeTakeFirst()
  assert.equal(person?.superuser, true)
})

test('two first sign-ins at once make one person', async () => {
  const ends = await Promise.all(Array.from({ length: 6 }, () => signIn({ sub: 'e-7', loginid: 'seven' })))

  assert.equal(new Set(ends.map(({ token }) => decodeJwt(token).sub)).size, 1)
})

for (const [status, page] of [
  ['disabled', /사용이 중지된 계정/],
  ['rejected', /거절되었습니다/],
] as const) {
  test(`a ${status} person gets a page and neither token nor session`, async () => {
    const { token } = await signIn({ sub: `e-${status}`, loginid: status })
    const sub = decodeJwt(token).sub as string
    await service.db.updateTable('people').set({ status }).where('sub', '=', sub).execute()
    const { answer, browser } = await signIn({ sub: `e-${status}`, loginid: status })

    assert.equal(answer.status, 403)
    assert.match(await answer.text(), page)
    assert.ok(!browser.cookies.has('munjigi-refresh'))
    const sessions = await service.db.selectFrom('sessions').select('sid').where('person_sub', '=', sub).execute()
    assert.equal(sessions.length, 1)
  })
}

const now = () => Math.floor(Date.now() / 1000)
const refused: [name: string, claims: () => Record<string, unknown>][] = [
  ['for another client', () => ({ aud: 'other' })],
  ['for several clients without saying whose', () => ({ aud: ['sso', 'other'] })],
  ['of another authorised party', () => ({ azp: 'other' })],
  ['of another issuer', () => ({ iss: 'https://evil.example.com' })],
  ['that has ended', () => ({ iat: now() - 400, exp: now() - 100 })],
  ['without an end', () => ({ exp: undefined })],
  ['without a beginning', () => ({ iat: undefined })],
  ['from long ago that has not ended', () => ({ iat: now() - 3600, exp: now() + 3600 })],
  ['from the future', () => ({ iat: now() + 600, exp: now() + 900 })],
  ['with another nonce', () => ({ nonce: 'x'.repeat(43) })],
  ['without a nonce', () => ({ nonce: undefined })],
  ['for another code', () => ({ c_hash: 'AAAAAAAAAAAAAAAAAAAAAA' })],
  ['without c_hash', () => ({ c_hash: undefined })],
  ['that is an access token', () => ({ typ: 'Bearer' })],
  ['without a subject', () => ({ sub: undefined })],
  ['whose subject is a number', () => ({ sub: 7 })],
  ['whose subject has a line break', () => ({ sub: 'a\r\nb' })],
]
for (const [name, claims] of refused) {
  test(`an id_token ${name} is refused`, async () => {
    const { answer } = await signIn({ loginid: 'refused', sub: 'refused', ...claims() })

    assert.equal(answer.status, 400)
    const people = await service.db.selectFrom('people').select('sub').where('user_id', '=', 'refused').execute()
    assert.deepEqual(people, [])
  })
}

test('an id_token signed by another key, or by none, is refused', async () => {
  const browser = testBrowser(service.url)
  const forged = await idp.answer(await browser.begin(), {}, idp.foreignKey)
  assert.equal((await browser.callback(forged)).status, 400)

  const honest = await idp.answer(await browser.begin())
  const [, claims] = honest.id_token.split('.')
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`
  assert.equal((await browser.callback({ ...honest, id_token: unsigned })).status, 400)
})

test('without a login id there is nobody to make', async () => {
  const { answer } = await signIn({ sub: 'e-8', loginid: undefined })

  assert.equal(answer.status, 502)
})

test('a call-back works once', async () => {
  const browser = testBrowser(service.url)
  const fields = await idp.answer(await browser.begin(), { sub: 'e-9', loginid: 'nine' })
  assert.equal((await browser.callback(fields)).status, 302)

  const answers = await Promise.all([browser.callback(fields), browser.callback(fields)])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [400, 400],
  )
})

test('a login ends in the browser that began it', async () => {
  const [mine, theirs] = [testBrowser(service.url), testBrowser(service.url)]
  const login = await mine.begin()
  await theirs.begin()
  const answer = await theirs.callback(await idp.answer(login), { accept: 'application/json' })

  assert.deepEqual(await refusalOf(answer), [400, 'sso-other-browser'])
})

test('logins in parallel tabs of one browser do not disturb each other', async () => {
  const browser = testBrowser(service.url)
  const [one, two] = [await browser.begin(), await browser.begin()]
  const claims = { sub: 'e-10', loginid: 'ten' }

  assert.equal((await browser.callback(await idp.answer(two, claims))).status, 302)
  assert.equal((await browser.callback(await idp.answer(one, claims))).status, 302)
})

test('the PEM form of the certificate does as well as the DER form', async () => {
  const browser = testBrowser(await service.start({ env: { IDP_CERT_FILE: idp.pemFile } }))
  const answer = await browser.callback(await idp.answer(await browser.begin()))

  assert.equal(answer.status, 302)
})
