import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { SessionList } from '@munjigi/contracts/sessions'
import type { Rights } from '../admin/rights.ts'
import { disable } from '../people/person-changes.ts'
import { refusalOf } from '../refusal.fixture.ts'
import { TENANT } from '../service.fixture.ts'
import { signedInService } from '../signed-in.fixture.ts'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36'
const CAP = 3

let service: Awaited<ReturnType<typeof signedInService>>
let second: string
before(async () => {
  service = await signedInService({ MAX_SESSIONS_PER_PERSON: String(CAP) })
  second = await service.start()
})
after(() => service.close())

type Person = Awaited<ReturnType<typeof service.signIn>>

async function sessionsOf(person: Person) {
  const answer = await person.call('GET', 'sessions')
  assert.equal(answer.status, 200)
  return ((await answer.json()) as SessionList).sessions
}
const liveRows = (sub: string) =>
  service.db.selectFrom('sessions').select('sid').where('person_sub', '=', sub).where('ended_at', 'is', null).execute()
const linesOf = async (sub: string, action: string) =>
  (
    await service.db
      .selectFrom('audit_events')
      .selectAll()
      .where('target', '=', sub)
      .where('action', '=', action)
      .execute()
  ).map(({ actor, details }) => ({ actor, ...details }))

test('the list tells device, address, way, times and which session asks, and a refresh moves it on', async () => {
  const first = await service.signIn({ headers: { 'user-agent': CHROME, 'x-real-ip': '203.0.113.9' } })
  const other = await service.signIn({ loginid: first.loginid, headers: { 'user-agent': 'curl/8.5.0' } })
  const [newest, oldest] = await sessionsOf(first)

  assert.deepEqual([newest?.sid, oldest?.sid], [other.sid, first.sid])
  assert.deepEqual([newest?.device, newest?.current], ['curl', false])
  assert.deepEqual(
    [oldest?.device, oldest?.address, oldest?.way, oldest?.current, oldest?.user_agent],
    ['Chrome on Windows', '203.0.113.9', 'sso', true, CHROME],
  )

  const moved = { 'user-agent': 'moved/1', 'x-forwarded-for': '6.6.6.6', 'x-real-ip': '2001:db8::7' }
  assert.equal((await service.refresh(first.refreshToken, service.url, moved)).status, 200)
  const [now] = await sessionsOf(first)
  assert.deepEqual([now?.sid, now?.device, now?.address], [first.sid, 'moved', '2001:db8::7'])
  assert.ok((now?.last_used_at ?? '') >= (oldest?.last_used_at ?? ''))
})

test('ending one session ends it for good and leaves the others', async () => {
  const here = await service.signIn()
  const there = await service.signIn({ loginid: here.loginid })
  assert.equal((await here.call('DELETE', `sessions/${there.sid}`)).status, 204)

  assert.deepEqual(await refusalOf(await service.refresh(there.refreshToken)), [401, 'session-ended'])
  assert.deepEqual(await refusalOf(await there.call('GET', 'sessions')), [401, 'session-ended'])
  assert.deepEqual(
    (await sessionsOf(here)).map(({ sid }) => sid),
    [here.sid],
  )
  assert.deepEqual(await linesOf(here.sub, 'session.ended'), [{ actor: here.sub, sid: there.sid, by: 'list' }])
  assert.deepEqual(await refusalOf(await here.call('DELETE', `sessions/${there.sid}`)), [404, 'session-not-found'])
})

test("somebody else's session is absent", async () => {
  const [mine, theirs] = [await service.signIn(), await service.signIn()]
  const [foreign, invented] = await Promise.all(
    [theirs.sid, 'no-such-session'].map(async (sid) => {
      const { request_id, ...body } = (await (await mine.call('DELETE', `sessions/${sid}`)).json()) as {
        request_id: string
      }
      return body
    }),
  )

  assert.deepEqual(foreign, invented)
  assert.equal((await service.refresh(theirs.refreshToken)).status, 200)
})

test('ending all others keeps the one that asks', async () => {
  const here = await service.signIn()
  const others = [await service.signIn({ loginid: here.loginid }), await service.signIn({ loginid: here.loginid })]
  assert.equal((await here.call('DELETE', 'sessions')).status, 204)

  for (const { refreshToken } of others)
    assert.deepEqual(await refusalOf(await service.refresh(refreshToken)), [401, 'session-ended'])
  assert.equal((await service.refresh(here.refreshToken)).status, 200)
})

test('one sign-in more than the cap ends the longest idle session, and says so', async () => {
  const first = await service.signIn()
  const { loginid, sub } = first
  const idle = await service.signIn({ loginid })
  await service.signIn({ loginid })
  assert.equal((await service.refresh(first.refreshToken)).status, 200)
  await service.signIn({ loginid })

  assert.deepEqual(await refusalOf(await service.refresh(idle.refreshToken)), [401, 'session-ended'])
  assert.equal((await liveRows(sub)).length, CAP)
  assert.deepEqual(await linesOf(sub, 'session.ended'), [{ actor: sub, sid: idle.sid, reason: 'too-many-sessions' }])
})

test('sign-ins at once at two processes never leave more sessions than the cap', async () => {
  const { loginid, sub } = await service.signIn()
  await Promise.all(
    Array.from({ length: 10 }, (_, index) => service.signIn({ loginid, at: index % 2 ? second : service.url })),
  )

  assert.equal((await liveRows(sub)).length, CAP)
})

test('a refresh that races the sign-out leaves nothing to go on with', async () => {
  for (let round = 0; round < 5; round += 1) {
    const person = await service.signIn()
    const [refreshed] = await Promise.all([
      service.refresh(person.refreshToken, second),
      person.browser.post('/api/auth/v1/logout', { origin: 'http://localhost:9060' }),
    ])
    const { refresh_token = person.refreshToken } = (await refreshed.json()) as { refresh_token?: string }

    assert.deepEqual(await refusalOf(await service.refresh(refresh_token)), [401, 'session-ended'])
  }
})

test('a sign-in that races the disabling leaves no session, also once the account is enabled again', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { loginid, sub, change } = await service.signIn()
    const target: Rights & { status: string } = {
      sub,
      tenant_id: TENANT,
      role: 'PENDING',
      superuser: false,
      sections: [],
      status: 'active',
    }
    const [late] = await Promise.allSettled([
      service.signIn({ loginid, at: second }),
      service.db.transaction().execute((trx) => disable({ trx, actor: target, target })),
    ])
    if (late.status === 'fulfilled')
      assert.deepEqual(await refusalOf(await service.refresh(late.value.refreshToken)), [403, 'account-disabled'])
    await change({ status: 'active' })

    assert.deepEqual(await liveRows(sub), [])
    if (late.status === 'fulfilled')
      assert.deepEqual(await refusalOf(await service.refresh(late.value.refreshToken)), [401, 'session-ended'])
  }
})

test('tokens of keys and acting clients see and end no sessions', async () => {
  const person = await service.signIn()
  await person.change({ role: 'USER' })
  const made = await person.call('POST', 'keys', { name: 'agent', scopes: ['auth'] })
  const { api_key } = (await made.json()) as { api_key: string }
  const answer = await service.internal('tokens', { method: 'POST', body: JSON.stringify({ api_key }) })
  const { access_token } = (await answer.json()) as { access_token: string }

  for (const [method, path] of [
    ['GET', 'sessions'],
    ['DELETE', 'sessions'],
    ['DELETE', `sessions/${person.sid}`],
  ] as const)
    assert.deepEqual(await refusalOf(await person.call(method, path, undefined, access_token)), [
      403,
      'own-login-required',
    ])
})
