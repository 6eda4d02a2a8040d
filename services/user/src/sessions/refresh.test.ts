import assert from 'node:assert/strict'
import { after, before, beforeEach, mock, test } from 'node:test'
import { ACCESS_CHANNEL } from '@munjigi/contracts/access'
import { keyRing } from '@munjigi/sealing/fernet'
import { redisStore } from '@munjigi/store/redis'
import { eventually } from '@munjigi/testing/eventually'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { signingKeys } from '../keys/signing-keys.ts'
import { refusalOf } from '../refusal.fixture.ts'
import { PLATFORM } from '../service.fixture.ts'
import { signedInService } from '../signed-in.fixture.ts'

const WINDOW_MS = 10_000
const ROTATION_LEAD_MS = 600_000

let service: Awaited<ReturnType<typeof signedInService>>
let second: string
before(async () => {
  service = await signedInService()
  second = await service.start()
})
after(() => service.close())
// However long a test takes, only it lets time pass.
beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
})

interface Answer {
  access_token: string
  refresh_token: string
  expires_in: number
  token_type: string
}
const answered = async (response: Response) => {
  assert.equal(response.status, 200)
  return (await response.json()) as Answer
}

test('a refresh token is an rt+jwt of seven days with exactly the claims of the contract, and is replaced at each use', async () => {
  const { refreshToken: token } = await service.signIn()
  const { iat, exp, ...claims } = decodeJwt(token)
  const answer = await answered(await service.refresh(token))

  assert.deepEqual(Object.keys(claims).sort(), ['jti', 'sid', 'sub', 'type'])
  assert.equal(claims.type, 'refresh')
  assert.equal((exp ?? 0) - (iat ?? 0), 604_800)
  const header = decodeProtectedHeader(token)
  assert.deepEqual([header.alg, header.typ], ['HS256', 'rt+jwt'])
  assert.notEqual(answer.refresh_token, token)
  assert.deepEqual([answer.expires_in, answer.token_type], [900, 'Bearer'])
  assert.equal(decodeJwt(answer.access_token).sid, claims.sid)
  assert.equal(decodeJwt(answer.refresh_token).sid, claims.sid)
})

test('twenty parallel uses, at two processes, give one successor', async () => {
  const { refreshToken: token, sid } = await service.signIn()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      // On a slow machine the last in the queue may be told to try again: that is what a client then does.
      eventually(async () => answered(await service.refresh(token, index % 2 ? second : service.url))),
    ),
  )

  assert.equal(new Set(answers.map(({ refresh_token }) => refresh_token)).size, 1)
  const rows = await service.db.selectFrom('refresh_tokens').select('jti').where('sid', '=', sid).execute()
  assert.equal(rows.length, 2)
})

test('a lost answer is given again within ten seconds, by a process that started since too', async () => {
  const { refreshToken: token } = await service.signIn()
  const lost = await answered(await service.refresh(token))
  mock.timers.tick(WINDOW_MS)
  const again = await answered(await service.refresh(token, await service.start()))

  assert.equal(again.refresh_token, lost.refresh_token)
})

test('a lost answer is the same also where the key was rotated in between, and the next one is by the new key', async () => {
  const { refreshToken: token } = await service.signIn()
  const sealing = keyRing(service.sealingKey)
  const keys = signingKeys({ db: service.db, sealing, log: { info() {}, warn() {}, error: assert.fail } as never })
  await keys.rotate()
  keys.close()
  // Ten minutes pass before it signs; the successor is made in the last second of the old key.
  mock.timers.tick(ROTATION_LEAD_MS - 1000)
  const lost = await answered(await service.refresh(token))
  mock.timers.tick(WINDOW_MS)
  const at = await service.start()
  const again = await answered(await service.refresh(token, at))
  const next = await answered(await service.refresh(again.refresh_token, at))

  assert.equal(again.refresh_token, lost.refresh_token)
  const kidOf = (text: string) => decodeProtectedHeader(text).kid
  assert.equal(kidOf(lost.refresh_token), kidOf(token))
  assert.notEqual(kidOf(next.refresh_token), kidOf(token))
})

test('once the successor was used the old token is refused and the family lives', async () => {
  const { refreshToken: token } = await service.signIn()
  const successor = (await answered(await service.refresh(token))).refresh_token
  const newest = (await answered(await service.refresh(successor))).refresh_token

  assert.deepEqual(await refusalOf(await service.refresh(token)), [401, 'refresh-token-used'])
  await answered(await service.refresh(newest))
})

test('a used token that comes again after ten seconds ends the family, is told and written down', async () => {
  const { refreshToken: token } = await service.signIn()
  const { sub, sid } = decodeJwt(token)
  const successor = (await answered(await service.refresh(token))).refresh_token
  mock.timers.tick(WINDOW_MS + 1)
  const messages: string[] = []
  const subscription = await service.store.subscribe(ACCESS_CHANNEL, { message: (text) => void messages.push(text) })

  assert.deepEqual(await refusalOf(await service.refresh(token)), [401, 'session-ended'])
  assert.deepEqual(await refusalOf(await service.refresh(successor)), [401, 'session-ended'])
  const events = await service.db
    .selectFrom('audit_events')
    .selectAll()
    .where('target', '=', sub as string)
    .execute()
  const stolen = events.filter(({ action }) => action === 'session.refresh-token-stolen')
  assert.deepEqual(
    stolen.map(({ details }) => details),
    [{ sid }],
  )
  await eventually(() => assert.ok(messages.some((text) => text.includes(PLATFORM) && text.includes(sub as string))))
  await subscription.close()
})

test('a token issued in the second in which rights changed is dated after it', async () => {
  const { refreshToken: token, sub } = await service.signIn()
  const rights_changed_at = Math.floor(Date.now() / 1000)
  await service.db.updateTable('people').set({ rights_changed_at, role: 'USER' }).where('sub', '=', sub).execute()
  const claims = decodeJwt((await answered(await service.refresh(token))).access_token)

  assert.ok((claims.iat ?? 0) > rights_changed_at)
  assert.equal(claims.role, 'USER')
})

test('the same routes stand under /api/v1/auth', async () => {
  const answer = await fetch(`${service.url}/api/v1/auth/refresh`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: (await service.signIn()).refreshToken }),
  })

  assert.equal(answer.status, 200)
})

test('without the store people stay signed in and can sign out for good', async (t) => {
  const gone = redisStore('redis://127.0.0.1:1')
  t.after(gone.close)
  const at = await service.start({ store: gone })
  const { refresh_token } = await answered(await service.refresh((await service.signIn()).refreshToken, at))
  const signedOut = await fetch(`${at}/api/auth/v1/logout`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token }),
  })

  assert.equal(signedOut.status, 204)
  for (const url of [at, service.url])
    assert.deepEqual(await refusalOf(await service.refresh(refresh_token, url)), [401, 'session-ended'])
})

test('a database dump shows no refresh token', async () => {
  const { refreshToken: token } = await service.signIn()
  const rows = await service.db.selectFrom('refresh_tokens').selectAll().execute()
  const sessions = await service.db.selectFrom('sessions').selectAll().execute()

  assert.ok(!JSON.stringify([rows, sessions]).includes(token.split('.')[2] ?? ''))
})
