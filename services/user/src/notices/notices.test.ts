import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Notice } from '@munjigi/contracts/notices'
import { headerOf, testUpstream, type Upstream } from '@munjigi/testing/upstream'
import { decodeJwt } from 'jose'
import { FRONTEND, TENANT, type TestService, testBrowser, testService } from '../service.fixture.ts'
import { testIdp } from '../sso/idp.fixture.ts'
import { claimNotice } from './due-notices.ts'
import { outbox } from './outbox.ts'

const OTHER = '00000000-0000-4000-8000-000000000002'
const KEY = 'secret-key-for-mail'
const WITHIN_MS = 30_000

type Answer = (response: ServerResponse) => void
const taken: Answer = (response) => response.writeHead(200).end('{}')

let answer: Answer = taken
let mailApi: Upstream
let idp: Awaited<ReturnType<typeof testIdp>>
let service: TestService
let root: { sub: string; token: string }
before(async () => {
  mailApi = await testUpstream((request, response) => {
    request.resume().on('end', () => answer(response))
  })
  idp = await testIdp()
  const mail = { INTERNAL_MAIL_API_ENDPOINT: `${mailApi.url}/send-mail`, INTERNAL_MAIL_API_KEY: KEY }
  const env = { ...idp.env(idp.pemFile), ...mail, SSO_TOKEN_DELIVERY: 'token', INITIAL_ADMIN_IDS: 'root' }
  service = await testService({ env })
  root = await signIn('root', { username: '관리자' })
})
after(async () => {
  await service.close()
  await mailApi.close()
})

async function signIn(loginid: string, claims: Record<string, unknown> = {}, at = service.url) {
  const browser = testBrowser(at)
  const own = { sub: `idp-${loginid}`, loginid, mail: `${loginid}@example.com`, ...claims }
  const answered = await browser.callback(await idp.answer(await browser.begin(), own))
  const token = new URL(answered.headers.get('location') ?? 'http://none').searchParams.get('token') ?? ''
  return { token, sub: decodeJwt(token).sub ?? '' }
}

async function call(method: string, path: string, who = root) {
  const headers = { authorization: `Bearer ${who.token}`, 'x-user-sub': who.sub }
  const response = await fetch(`${service.url}/api/admin/v1${path}`, { method, headers })
  return { status: response.status, body: (await response.json()) as { type: string; notices: Notice[] } & Notice }
}

async function until<Result>(find: () => Promise<Result | undefined> | Result | undefined): Promise<Result> {
  for (const deadline = Date.now() + WITHIN_MS; ; await setTimeout(20)) {
    const found = await find()
    if (found !== undefined) return found
    assert.ok(Date.now() < deadline, 'it did not come')
  }
}

const mailTo = (email: string) => mailApi.requests.filter(({ body }) => JSON.parse(body).to[0] === email)
const mailsTo = (email: string, count: number) =>
  until(() => (mailTo(email).length >= count ? mailTo(email) : undefined))
const noticeOf = async (email: string) =>
  (await call('GET', '/notices?limit=200')).body.notices.find(({ recipients }) => recipients[0] === email)
const inState = (email: string, status: string) =>
  until(async () => {
    const notice = await noticeOf(email)
    return notice?.status === status ? notice : undefined
  })

async function seed(person: {
  email: string
  role?: string
  tenant_id?: string
  status?: 'disabled'
  language?: 'en'
}) {
  const { language, ...row } = person
  const sub = randomUUID()
  const all = {
    sub,
    user_id: sub,
    role: 'ADMIN',
    tenant_id: TENANT,
    ...(language && { language_preference: language }),
  }
  await service.db
    .insertInto('people')
    .values({ ...all, ...row })
    .execute()
  await service.db
    .insertInto('section_grants')
    .values({ person_sub: sub, section_id: 'admin-page', level: 'admin' })
    .execute()
  return sub
}

test('a first sign-in is told once to each who may approve it, in their language, with names as text', async () => {
  await service.db.insertInto('tenants').values({ id: OTHER, name: 'other' }).execute()
  await seed({ email: 'local@example.com', language: 'en' })
  for (const other of [
    { email: 'foreign@example.com', tenant_id: OTHER },
    { email: 'waiting@example.com', role: 'PENDING' },
    { email: 'disabled@example.com', status: 'disabled' as const },
  ])
    await seed(other)
  for (let count = 0; count < 2; count += 1)
    await signIn('new.one', { username: '<script>alert(1)</script>', username_en: 'New\u2028"One" & Co' })

  const [korean] = await mailsTo('root@example.com', 1)
  const [english] = await mailsTo('local@example.com', 1)
  await inState('root@example.com', 'delivered')
  assert.deepEqual(
    [korean?.method, korean?.url, headerOf(korean, 'authorization')],
    ['POST', '/send-mail', `Bearer ${KEY}`],
  )
  const body = JSON.parse(korean?.body ?? '')
  assert.deepEqual(Object.keys(body), ['to', 'subject', 'html'])
  assert.match(body.subject, /승인을 기다립니다/)
  assert.match(body.html, /&lt;script&gt;alert\(1\)&lt;\/script&gt; \(new\.one\)/)
  assert.ok(!body.html.includes('<script>'))
  // The page of the console that approves: another path there is 404.
  assert.ok(body.html.includes(`href="${FRONTEND}/people/waiting"`))
  assert.equal(JSON.parse(english?.body ?? '').subject, '[Munjigi] New "One" & Co (new.one) waits for approval')
  assert.match(JSON.parse(english?.body ?? '').html, /New &quot;One&quot; &amp; Co \(new\.one\).* waits for approval/)
  const asked = await service.db
    .selectFrom('notices')
    .select('recipients')
    .where('kind', '=', 'approval-asked')
    .execute()
  assert.deepEqual(asked.flatMap(({ recipients }) => recipients).sort(), ['local@example.com', 'root@example.com'])
})

test('approval and rejection are told to the person, in their language', async () => {
  const approved = await signIn('approved')
  const rejected = await signIn('rejected')
  await service.db.updateTable('people').set({ language_preference: 'en' }).where('sub', '=', rejected.sub).execute()
  await call('POST', `/people/${approved.sub}/approve`)
  await call('POST', `/people/${rejected.sub}/reject`)

  assert.match((await mailsTo('approved@example.com', 1))[0]?.body ?? '', /사용이 승인되었습니다/)
  assert.match((await mailsTo('rejected@example.com', 1))[0]?.body ?? '', /Your request for access is rejected/)
  assert.equal((await call('POST', `/people/${approved.sub}/approve`)).status, 409)
})

test('what is not taken waits, no shorter than it is asked to, and comes again under the same key', async () => {
  const { sub } = await signIn('waits')
  answer = (response) => response.writeHead(503, { 'retry-after': '3600' }).end()
  await call('POST', `/people/${sub}/approve`)
  const waiting = await until(async () => {
    const notice = await noticeOf('waits@example.com')
    return notice?.last_error ? notice : undefined
  })
  assert.deepEqual([waiting.status, waiting.last_error, waiting.attempts], ['waiting', 'status 503', 1])
  assert.ok(Date.parse(waiting.next_attempt_at ?? '') - Date.parse(waiting.created_at) >= 3_600_000)
  answer = taken
  assert.equal((await call('POST', `/notices/${waiting.id}/retry`)).status, 200)

  const [first, second] = await mailsTo('waits@example.com', 2)
  assert.equal(headerOf(first, 'idempotency-key'), headerOf(second, 'idempotency-key'))
  assert.equal((await inState('waits@example.com', 'delivered')).attempts, 2)
})

test('what is refused again and again is given up, is seen as failed, and can be sent once more', async () => {
  const { sub } = await signIn('refused')
  answer = (response) => response.writeHead(400).end()
  await call('POST', `/people/${sub}/approve`)
  const { id } = await until(async () => {
    const notice = await noticeOf('refused@example.com')
    return notice?.last_error ? notice : undefined
  })
  await service.db.updateTable('notices').set({ attempts: 4 }).where('id', '=', id).execute()
  await call('POST', `/notices/${id}/retry`)
  assert.equal((await inState('refused@example.com', 'failed')).attempts, 5)
  const failed = (await call('GET', '/notices?status=failed')).body.notices
  assert.deepEqual(
    failed.map((notice) => notice.id),
    [id],
  )
  answer = taken
  await call('POST', `/notices/${id}/retry`)

  await inState('refused@example.com', 'delivered')
  const again = await call('POST', `/notices/${id}/retry`)
  assert.deepEqual([again.status, again.body.type], [409, '/problems/notice-delivered'])
  const absent = await call('POST', '/notices/999999/retry')
  assert.deepEqual([absent.status, absent.body.type], [404, '/problems/notice-not-found'])
  const audited = await service.db
    .selectFrom('audit_events')
    .select('target')
    .where('action', '=', 'notice.retried')
    .execute()
  assert.ok(audited.some(({ target }) => target === String(id)))
})

const insert = (event_key: string, next_attempt_at = new Date()) =>
  service.db
    .insertInto('notices')
    .values({
      event_key,
      kind: 'approved',
      recipients: JSON.stringify([`${event_key}@example.com`]),
      content: JSON.stringify({ subject: 's', html: 'h' }),
      next_attempt_at,
    })
    .execute()

test('of several processes each notice is sent by one, and one whose sender died is sent again', async () => {
  const keys = Array.from({ length: 20 }, (_, index) => `shared-${index}`)
  await insert('died', new Date(0))
  const claimed = await claimNotice(service.db)
  await service.start()
  for (const key of keys) await insert(key)
  for (const key of keys) await inState(`${key}@example.com`, 'delivered')

  for (const key of keys) assert.equal(mailTo(`${key}@example.com`).length, 1, key)
  // Unless a sender was faster than this test's claim.
  if (claimed?.recipients[0] === 'died@example.com') {
    assert.equal(mailTo('died@example.com').length, 0)
    await service.db
      .updateTable('notices')
      .set({ next_attempt_at: new Date(0) })
      .where('id', '=', claimed.id)
      .execute()
    const [mail] = await mailsTo('died@example.com', 1)
    assert.equal(headerOf(mail, 'idempotency-key'), claimed.idempotency_key)
  }
})

test('what is undone is not told, and without a mail API nothing is written', async () => {
  const settings = { mail: {}, frontendUrl: FRONTEND }
  const written = async (db = service.db) => (await db.selectFrom('notices').select('id').execute()).length
  const before = await written()
  const undone = service.db.transaction().execute(async (trx) => {
    await outbox(settings).tellPerson(trx, 'approved', root.sub)
    assert.equal(await written(trx), before + 1)
    throw new Error('undone')
  })
  await assert.rejects(undone, /undone/)
  const silent = await service.start({ env: { INTERNAL_MAIL_API_ENDPOINT: '', INTERNAL_MAIL_API_KEY: '' } })
  await signIn('unheard', {}, silent)

  assert.equal(await written(), before)
})

test('the outbox is for superusers', async () => {
  const sub = await seed({ email: 'curious@example.com' })
  await service.db
    .insertInto('person_names')
    .values({ issuer: 'https://sso.example.com', sub: 'idp-curious', person_sub: sub })
    .execute()
  const curious = await signIn('curious')

  for (const [method, path] of [
    ['GET', '/notices'],
    ['POST', '/notices/1/retry'],
  ] as const) {
    const { status, body } = await call(method, path, curious)
    assert.deepEqual([status, body.type], [403, '/problems/superuser-required'])
  }
})
