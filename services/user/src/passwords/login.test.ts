import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { hash as bcrypt } from '@node-rs/bcrypt'
import { decodeJwt } from 'jose'
import { type Kysely, sql } from 'kysely'
import { refusalOf } from '../refusal.fixture.ts'
import { FRONTEND } from '../service.fixture.ts'
import { commandHandle } from '../serving-handle.ts'
import type { Tables } from '../tables.ts'
import { hashPassword } from './hashing.ts'
import { newAddress, PASSWORD, send, type TestPasswords, testPasswords, tokensOf } from './passwords.fixture.ts'

const WRONG = 'another-password'
const OTHER = '00000000-0000-4000-8000-00000000000b'
const SUSPENDED = '00000000-0000-4000-8000-00000000000a'

let house: TestPasswords
before(async () => {
  house = await testPasswords()
})
after(() => house.service.close())

/** Whether anybody waits in this database for a row that a transaction holds. */
async function someoneWaits(db: Kysely<Tables>): Promise<boolean> {
  const waiting = sql`
    select from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()`
  return (await waiting.execute(db)).rows.length > 0
}

const hashOf = async (sub: string) =>
  (await house.service.db.selectFrom('passwords').select('hash').where('person_sub', '=', sub).executeTakeFirst())?.hash

test('a right password opens a session with the tokens of the contract, under both prefixes', async () => {
  const { sub, email } = await house.person({ role: 'manager' })
  for (const prefix of ['/api/auth/v1', '/api/v1/auth']) {
    const response = await send('POST', `${house.service.url}${prefix}/login`, { email, password: PASSWORD })
    const { access_token, refresh_token, ...rest } = await tokensOf(response)
    const { sid, role, iat = 0, exp, tenant_id } = decodeJwt<Record<string, unknown>>(access_token)

    assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 900 })
    assert.deepEqual([role, exp, typeof tenant_id], ['manager', iat + 900, 'string'])
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(response.headers.get('set-cookie'), null)
    const refreshed = await send('POST', `${house.service.url}${prefix}/refresh`, { refresh_token })
    assert.equal(decodeJwt((await tokensOf(refreshed)).access_token).sid, sid)
  }
  const told = await house.service.db
    .selectFrom('audit_events')
    .select(['actor', 'details'])
    .where('action', '=', 'session.started')
    .where('target', '=', sub)
    .execute()
  assert.deepEqual(
    told.map(({ actor, details }) => [actor, details.way]),
    [
      [sub, 'password'],
      [sub, 'password'],
    ],
  )
})

test('an e-mail is the same in capitals, with space around it and in either form of its letters', async () => {
  const { email } = await house.person({ email: 'Émile.Han@Munjigi.test'.normalize('NFC') })
  for (const typed of [email, ` ${email.toUpperCase()} `, email.normalize('NFD')])
    assert.equal((await house.login({ email: typed, password: PASSWORD })).status, 200)
})

test('delivery=cookie puts the refresh token where scripts cannot read it, for our own pages alone', async () => {
  const { email } = await house.person()
  const credentials = { email, password: PASSWORD, delivery: 'cookie' }
  const answer = await house.login(credentials, { origin: FRONTEND })

  assert.deepEqual(Object.keys((await answer.json()) as object).sort(), ['access_token', 'expires_in', 'token_type'])
  assert.match(answer.headers.get('set-cookie') ?? '', /^munjigi-refresh=.+HttpOnly.*SameSite=Strict/)
  for (const origin of ['https://evil.example', 'null'])
    assert.deepEqual(await refusalOf(await house.login(credentials, { origin })), [403, 'origin-refused'])
  assert.deepEqual(await refusalOf(await house.login(credentials)), [403, 'origin-refused'])
})

test('a wrong password, an unknown e-mail, no password yet and who is shut out are answered alike, byte for byte', async () => {
  const accounts = [
    await house.person(),
    await house.person({ hash: null }),
    await house.person({ status: 'disabled' }),
    await house.person({ status: 'rejected' }),
    await house.person({ hash: await bcrypt(PASSWORD, { cost: 4 }) }),
    { email: 'nobody@munjigi.test' },
    { email: 'no e-mail at all' },
  ]
  const answers = []
  for (const { email } of accounts) {
    const answer = await house.login({ email, password: WRONG }, newAddress())
    const id = answer.headers.get('x-request-id') ?? ''
    const headers = [...answer.headers].filter(([name]) => name !== 'x-request-id' && name !== 'date')
    answers.push(JSON.stringify([answer.status, headers, (await answer.text()).replace(id, '<id>')]))
  }

  assert.equal(new Set(answers).size, 1)
  const [status, , body] = JSON.parse(answers[0] ?? '') as [number, unknown, string]
  const { type, detail } = JSON.parse(body)
  assert.deepEqual([status, type, detail], [401, '/problems/credentials-invalid', 'Invalid email or password'])
})

test('who is disabled or rejected, or whose tenant is suspended, is told so with the right password alone', async () => {
  await house.service.db
    .insertInto('tenants')
    .values({ id: SUSPENDED, name: 'suspended', status: 'suspended' })
    .execute()
  const told = async (row: Parameters<TestPasswords['person']>[0]) => {
    const { email } = await house.person(row)
    const answer = await house.login({ email, password: PASSWORD })
    const { type, detail } = (await answer.json()) as { type: string; detail: string }
    return [answer.status, type, detail]
  }

  assert.deepEqual(await told({ status: 'disabled' }), [403, '/problems/account-disabled', 'User inactive'])
  assert.deepEqual(await told({ status: 'rejected' }), [403, '/problems/account-rejected', 'User inactive'])
  assert.deepEqual((await told({ tenant_id: SUSPENDED })).slice(0, 2), [403, '/problems/tenant-suspended'])
  assert.equal(
    (await house.login({ email: (await house.person({ role: 'PENDING' })).email, password: PASSWORD })).status,
    200,
  )
})

const hangul = (syllables: number) => '가'.repeat(syllables)
const PAIRS = [
  { of: '72 bytes and 73', right: 'a'.repeat(72), wrong: [`${'a'.repeat(72)}b`, 'a'.repeat(71)] },
  { of: '73 bytes', right: 'a'.repeat(73), wrong: ['a'.repeat(72), `${'a'.repeat(72)}b`, 'a'.repeat(74)] },
  { of: '200 bytes', right: 'a'.repeat(200), wrong: [`${'a'.repeat(199)}b`, 'a'.repeat(72)] },
  { of: '24 syllables and 25', right: hangul(24), wrong: [hangul(25), `${hangul(23)}각`] },
  { of: '25 syllables', right: hangul(25), wrong: [hangul(24), `${hangul(24)}각`] },
  { of: '1,024 characters', right: '🙂'.repeat(1024), wrong: ['🙂'.repeat(1023)] },
]

for (const { of, right, wrong } of PAIRS) {
  test(`a password of ${of} is compared whole`, async () => {
    const { email } = await house.person({ hash: await hashPassword(right) })
    const from = newAddress()

    for (const password of wrong)
      assert.deepEqual(await refusalOf(await house.login({ email, password }, from)), [401, 'credentials-invalid'])
    assert.equal((await house.login({ email, password: right }, from)).status, 200)
  })
}

test('where the operator asks for no more, one character is a password too', async () => {
  const { sub, email } = await house.person()
  const { access_token } = await tokensOf(await house.login({ email, password: PASSWORD }))
  const body = { current_password: PASSWORD, new_password: '가' }

  assert.equal((await house.as(access_token, sub)('PUT', '/api/auth/v1/password', body)).status, 204)
  assert.equal((await house.login({ email, password: '가' })).status, 200)
})

test('a password is the same in either form of its letters', async () => {
  const { email } = await house.person({ hash: await hashPassword('비밀번호-é'.normalize('NFC')) })

  assert.equal((await house.login({ email, password: '비밀번호-é'.normalize('NFD') })).status, 200)
})

test('what cannot be a password is refused by the name of its field, and a large body before it is read', async () => {
  const { email } = await house.person()
  const fieldOf = async (password: unknown) => {
    const answer = await house.login({ email, password })
    const body = (await answer.json()) as { type: string; faults?: { field: string }[] }
    return [answer.status, body.type, body.faults?.[0]?.field]
  }

  for (const password of ['', 'a'.repeat(1025), 'a\0b', '\ud800', 12345678, null])
    assert.deepEqual(await fieldOf(password), [400, '/problems/invalid-request', 'password'])
  assert.deepEqual(await refusalOf(await house.login({ email, password: 'a'.repeat(1024 * 1024) })), [
    413,
    'body-too-large',
  ])
  assert.deepEqual(await refusalOf(await house.login({ email, password: PASSWORD, role: 'admin' })), [
    400,
    'invalid-request',
  ])
})

for (const version of ['2a', '2b', '2y'] as const) {
  test(`a hash of bcrypt ${version} signs in and is argon2id afterwards`, async () => {
    const old = await bcrypt(hangul(24), { cost: 4, version })
    const { sub, email } = await house.person({ hash: old })
    const from = newAddress()

    assert.equal((await house.login({ email, password: hangul(23) }, from)).status, 401)
    assert.equal(await hashOf(sub), old)
    assert.equal((await house.login({ email, password: hangul(24) }, from)).status, 200)
    assert.match((await hashOf(sub)) ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.equal((await house.login({ email, password: hangul(25) }, from)).status, 401)
    assert.equal((await house.login({ email, password: hangul(24) }, from)).status, 200)
  })
}

test('a password that bcrypt would cut is never right, also the one that was hashed', async () => {
  const long = `${'a'.repeat(72)}b`
  const { sub, email } = await house.person({ hash: await bcrypt(long, { cost: 4 }) })
  const from = newAddress()

  for (const password of [long, `${'a'.repeat(72)}c`])
    assert.deepEqual(await refusalOf(await house.login({ email, password }, from)), [401, 'credentials-invalid'])
  assert.match((await hashOf(sub)) ?? '', /^\$2b\$/)
})

test('many who sign in at once with one bcrypt hash all get in, and one hash is kept', async () => {
  const { sub, email } = await house.person({ hash: await bcrypt(PASSWORD, { cost: 4 }) })
  const answers = await Promise.all([1, 2, 3, 4].map(() => house.login({ email, password: PASSWORD })))

  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  assert.match((await hashOf(sub)) ?? '', /^\$argon2id/)
})

test('who is moved to another tenant while they sign in gets in, in the tenant that is theirs then', async () => {
  const { database, db, ownProcess } = house.service
  await db.insertInto('tenants').values({ id: OTHER, name: 'other' }).execute()
  const moving = async () => {
    const { sub, email } = await house.person()
    let isAnswered = false
    const login = await commandHandle(database)
      .transaction()
      .execute(async (trx) => {
        await trx.updateTable('people').set({ tenant_id: OTHER }).where('sub', '=', sub).execute()
        // In one, so that nothing is decided before the move is.
        const answer = [house.login({ email, password: PASSWORD })]
        answer[0]?.finally(() => {
          isAnswered = true
        })
        // PGlite has one connection, and whoever signs in waits for it from the start.
        while (ownProcess !== undefined && !isAnswered && !(await someoneWaits(trx))) await delay(10)
        return answer
      })
    return login[0] as Promise<Response>
  }
  let answer = await moving()
  // Where this process stood still, the sign-in waited for too long.
  while (answer.status === 503) answer = await moving()

  const { access_token } = await tokensOf(answer)
  assert.equal(decodeJwt(access_token).tenant_id, OTHER)
})

test('a session that cannot be kept leaves the hash as it was', async () => {
  const old = await bcrypt(PASSWORD, { cost: 4 })
  const { sub, email } = await house.person({ hash: old, status: 'disabled' })
  await house.login({ email, password: PASSWORD })

  assert.equal(await hashOf(sub), old)
  const { db } = house.service
  assert.deepEqual(await db.selectFrom('sessions').select('sid').where('person_sub', '=', sub).execute(), [])
  assert.deepEqual(await db.selectFrom('password_origins').select('origin').where('person_sub', '=', sub).execute(), [])
})

test('while fifty try at once another route answers before the last of them, and none is turned away', async () => {
  let left = 50
  const tries = Array.from({ length: left }, async (_, index) => {
    const answer = await house.login({ email: `nobody-${index}@munjigi.test`, password: WRONG }, newAddress())
    left -= 1
    return answer.status
  })
  await Promise.race(tries)
  const other = await fetch(`${house.service.url}/.well-known/jwks.json`)
  const leftThen = left

  assert.equal(other.status, 200)
  assert.ok(leftThen > 0)
  assert.deepEqual(new Set(await Promise.all(tries)), new Set([401]))
})
