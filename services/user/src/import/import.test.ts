import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import { TENANT, type TestService, testBrowser, testService } from '../service.fixture.ts'
import { commandHandle } from '../serving-handle.ts'
import { testIdp } from '../sso/idp.fixture.ts'
import { importPeople } from './import-people.ts'

const BCRYPT = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
const ARGON2ID = '$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3MgaGFzaC4uLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const OTHER = '00000000-0000-4000-8000-0000000000aa'

let idp: Awaited<ReturnType<typeof testIdp>>
let service: TestService
before(async () => {
  idp = await testIdp()
  service = await testService({ env: { ...idp.env(idp.pemFile), SSO_TOKEN_DELIVERY: 'token' } })
  await service.db.insertInto('tenants').values({ id: OTHER, name: '다른 회사' }).execute()
  for (const id of ['1', '2'])
    await service.db
      .insertInto('tenants')
      .values({ id: `00000000-0000-4000-8000-0000000000${id}b`, name: 'twice' })
      .execute()
})
after(() => service.close())

const run = (text: string | Buffer, isDryRun = false) =>
  importPeople(commandHandle(service.database), Buffer.from(text), {
    tenant: { id: TENANT, isDefault: true },
    isDryRun,
  })
const find = (user_id: string) =>
  service.db.selectFrom('people').selectAll().where('user_id', '=', user_id).executeTakeFirst()
const count = async () => (await service.db.selectFrom('people').select('sub').execute()).length

test('a file of any column order, with BOM, CRLF and quotes, makes its people with sections, tenant and password', async () => {
  const file = `\ufeffRole,login_id,"email",username_kr,deptname_en,sections,tenant,password_hash\r\n
manager,kim.one,Kim.One@Example.com,"김, ""하나""","R&D, Seoul",canvas;admin-page:admin,다른 회사,${BCRYPT}\r\n,kim.two,two@example.com,둘,,,${OTHER.toUpperCase()},"${ARGON2ID}"\r\nADMIN,kim.three,,,,,,\r\n`
  assert.deepEqual(await run(file), { count: 3, faults: [] })

  const one = await find('kim.one')
  assert.deepEqual(
    [one?.email, one?.username_kr, one?.deptname_en, one?.role, one?.tenant_id, one?.superuser, one?.status],
    ['Kim.One@Example.com', '김, "하나"', 'R&D, Seoul', 'manager', OTHER, false, 'active'],
  )
  const grants = await service.db
    .selectFrom('section_grants')
    .selectAll()
    .where('person_sub', '=', one?.sub ?? '')
    .execute()
  assert.deepEqual(grants.map(({ section_id, level }) => `${section_id}:${level}`).sort(), [
    'admin-page:admin',
    'canvas:user',
  ])
  const passwords = await service.db.selectFrom('passwords').select(['email', 'hash']).orderBy('email').execute()
  assert.deepEqual(passwords, [
    { email: 'kim.one@example.com', hash: BCRYPT },
    { email: 'two@example.com', hash: ARGON2ID },
  ])
  const [two, three] = [await find('kim.two'), await find('kim.three')]
  assert.deepEqual([two?.role, two?.tenant_id, three?.role, three?.tenant_id], ['PENDING', OTHER, 'ADMIN', TENANT])
  const lines = await service.db
    .selectFrom('audit_events')
    .selectAll()
    .where('action', '=', 'person.imported')
    .execute()
  assert.deepEqual(lines.map(({ target }) => target).sort(), [one, two, three].map((person) => person?.sub).sort())
  assert.ok(lines.every(({ actor }) => actor === null))
})

test('every fault is told with its line and column, and nobody is imported', async () => {
  await run(`login_id,email,password_hash\nowner,owner@example.com,${BCRYPT}`)
  const before = await count()
  const file = [
    'login_id,email,role,sections,tenant,password_hash',
    'fine,fine@example.com,USER,canvas,,',
    ',x@example.com,,,,',
    'OWNER,,,,,',
    'fine,FINE@example.com,,,,',
    'bad.email,nobody,,,,',
    'bad.role,,superuser,,,',
    'bad.sections,,,nowhere;canvas:owner;canvas;canvas:admin,,',
    'bad.tenant,,,,nowhere,',
    'two.tenants,,,,twice,',
    `no.email,,,,,${BCRYPT}`,
    'bad.hash,h@example.com,,,,$1$md5',
    `taken.email,Owner@Example.com,,,,${BCRYPT}`,
    'short,line',
    '"two\nlines",,,,,',
    `${'p'.repeat(151)},,,,,`,
    'two\u2028lines,,,,,',
    'nul\0,,,,,',
  ].join('\n')
  const { count: made, faults } = await run(file)

  assert.equal(made, 0)
  assert.deepEqual(
    faults.map(({ line, column }) => `${line} ${column}`),
    [
      '3 login_id',
      '4 login_id',
      '5 login_id',
      '6 email',
      '7 role',
      '8 sections',
      '8 sections',
      '8 sections',
      '9 tenant',
      '10 tenant',
      '11 email',
      '12 password_hash',
      '13 email',
      '14 undefined',
      '15 login_id',
      '17 login_id',
      '18 login_id',
      '19 undefined',
    ],
  )
  assert.match(faults[2]?.message ?? '', /line 2/)
  assert.equal(await count(), before)
})

test('behind a line that is no CSV reading goes on, and each such line is told', async () => {
  const file = [
    'login_id,username_en,role',
    '"closed"too early,,',
    'fine,,',
    'size,5" disk,',
    '"two\nlines",,USER',
    'never,"closed,',
    ',missing,',
    'fine,,',
    'open,"to the end',
    'bad.role,,nobody',
  ]
  for (const ends of ['\n', '\r\n']) {
    const { count: made, faults } = await run(file.join(ends))

    assert.equal(made, 0)
    assert.deepEqual(
      faults.map(({ line, column, message }) => `${line} ${column ?? message}`),
      [
        '2 has text behind a closing quote',
        '4 has a quote in a value that does not begin with one',
        '5 login_id',
        '7 has text behind a closing quote',
        '8 login_id',
        '9 login_id',
        '10 has a quote that is not closed',
        '11 role',
      ],
    )
  }
})

test('a file that is no such table is refused, whatever is wrong with it', async () => {
  const files: [string | Buffer, RegExp][] = [
    ['', /empty/],
    ['login_id\n', /nobody/],
    ['email\nx@example.com', /login_id is missing/],
    ['login_id,superuser\nx,true', /"superuser" is no column/],
    ['login_id,login_id\nx,y', /stands twice/],
    [`login_id${',x'.repeat(3)}\ny`, /"x" stands twice.*\n.*"x" stands twice/],
    ['login_id\n"x', /^has a quote that is not closed$/],
    ['"login_id"x\ny', /^has text behind a closing quote$/],
    [Buffer.from([0x6c, 0xff, 0xfe]), /^is not UTF-8$/],
  ]
  for (const [file, expected] of files) {
    const { count: made, faults } = await run(file)
    assert.equal(made, 0)
    assert.match(faults.map(({ message }) => message).join('\n'), expected)
  }
})

test('of a file that is not UTF-8 the first line is named that is not', async () => {
  const korean = Buffer.from([0xb1, 0xe8])
  const file = Buffer.concat([Buffer.from('login_id,username_kr\none,Kim\ntwo,'), korean, Buffer.from('\nthree,Lee')])

  assert.deepEqual((await run(file)).faults, [{ line: 3, message: 'is not UTF-8' }])
})

test('a dry run tells what would be, and keeps nothing', async () => {
  assert.deepEqual(await run('login_id\ndry.one', true), { count: 1, faults: [] })
  assert.equal(await find('dry.one'), undefined)
})

test('thousands of lines are one import', async () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `many${index},many${index}@example.com,김${index},canvas`)
  const before = await count()

  assert.deepEqual(await run(`login_id,email,username_kr,sections\n${lines.join('\n')}`), { count: 10_000, faults: [] })
  assert.equal(await count(), before + 10_000)
})

const signIn = async (claims: Record<string, unknown>) => {
  const browser = testBrowser(service.url)
  const answer = await browser.callback(await idp.answer(await browser.begin(), claims))
  const location = new URL(answer.headers.get('location') ?? 'http://none', service.url)
  return {
    status: answer.status,
    sub: decodeJwt(location.searchParams.get('token') ?? 'e30.e30.').sub,
    body: await answer.text(),
  }
}

test('the first SSO sign-in under their login id is theirs, in any case, and no other subject has it afterwards', async () => {
  await run('login_id,role\nFirst.Login,manager')
  const person = await find('First.Login')
  const [first, second] = [
    { sub: 'idp-1', loginid: 'first.login' },
    { sub: 'idp-2', loginid: 'first.login' },
  ]

  assert.equal((await signIn(first)).sub, person?.sub)
  assert.equal((await signIn(first)).sub, person?.sub)
  assert.equal((await signIn(second)).status, 403)
  const names = await service.db
    .selectFrom('person_names')
    .selectAll()
    .where('person_sub', '=', person?.sub ?? '')
    .execute()
  assert.deepEqual(
    names.map(({ sub }) => sub),
    ['idp-1'],
  )
})
