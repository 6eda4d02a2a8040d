import { afterEach, expect, test, vi } from 'vitest'
import { createSession } from './session.ts'

const sessions: ReturnType<typeof createSession>[] = []
afterEach(() => {
  for (const session of sessions.splice(0)) session.close()
  vi.useRealTimers()
})

function token(sub: string, life = 900): string {
  const part = (value: object) => btoa(JSON.stringify(value)).replaceAll('=', '')
  return `${part({ alg: 'RS256' })}.${part({ sub, iat: 1000, exp: 1000 + life, name: crypto.randomUUID() })}.s`
}
const answer = (sub: string, expires_in = 900) =>
  Response.json({ access_token: token(sub), token_type: 'Bearer', expires_in })
const refused = (type: string, status = 401) => Response.json({ type: `/problems/${type}` }, { status })

/** A session before a server that answers in turn and remembers what was asked. */
function sessionWith(...answers: (Response | Error)[]) {
  const asked: string[] = []
  const session = createSession(async (path) => {
    asked.push(String(path))
    const next = answers.shift()
    if (next === undefined || next instanceof Error) throw next ?? new TypeError('no more answers')
    return next
  })
  sessions.push(session)
  return { session, asked }
}

test('a token from the address is taken as it is, and nobody is asked', async () => {
  const { session, asked } = sessionWith()
  const given = token('kim')
  await session.start({ token: given })

  expect(session.state()).toEqual({ phase: 'signed-in', sub: 'kim' })
  expect(await session.token()).toBe(given)
  expect(asked).toEqual([])
})

test('something in the address that is no token counts for nothing', async () => {
  const { session, asked } = sessionWith(refused('refresh-token-missing'))
  await session.start({ token: 'nonsense' })

  expect(session.state()).toEqual({ phase: 'signed-out', reason: 'never' })
  expect(asked).toEqual(['/api/auth/v1/refresh'])
})

test('a code is exchanged; a refused one falls back to the cookie and is said when that fails too', async () => {
  const good = sessionWith(answer('kim'))
  const bad = sessionWith(refused('unknown-code'), refused('refresh-token-missing'))
  await good.session.start({ code: 'abc' })
  await bad.session.start({ code: 'abc' })

  expect(good.session.state()).toEqual({ phase: 'signed-in', sub: 'kim' })
  expect(good.asked).toEqual(['/api/auth/v1/exchange'])
  expect(bad.session.state()).toEqual({ phase: 'signed-out', reason: 'code-refused' })
})

test('the cookie signs in silently', async () => {
  const { session } = sessionWith(answer('lee'))
  await session.start({})

  expect(session.state()).toEqual({ phase: 'signed-in', sub: 'lee' })
})

test('many who ask at once share one refresh', async () => {
  const { session, asked } = sessionWith(answer('lee'), answer('lee'))
  await session.start({})
  await Promise.all(Array.from({ length: 20 }, () => session.refresh()))

  expect(asked.length).toBe(2)
})

test('a token is renewed before it ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  const { session, asked } = sessionWith(answer('lee', 900), answer('lee', 900))
  await session.start({})
  const first = await session.token()
  vi.advanceTimersByTime(840_000)
  await session.refresh()

  expect(asked.length).toBe(2)
  expect(await session.token()).not.toBe(first)
})

test('an outage leaves a living token in use and is tried again', async () => {
  const { session } = sessionWith(answer('lee'), new TypeError('down'), refused('x', 503), answer('lee'))
  await session.start({})

  expect(await session.refresh()).toBe(false)
  expect(await session.refresh()).toBe(false)
  expect(session.state().phase).toBe('signed-in')
  expect(await session.refresh()).toBe(true)
})

test('an outage at the start is said, and ends by itself', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { session } = sessionWith(new TypeError('down'), answer('lee'))
  await session.start({})
  expect(session.state().phase).toBe('unreachable')

  const back = new Promise<void>((resolve) => session.subscribe(resolve))
  vi.advanceTimersByTime(1_000)
  await back
  expect(session.state()).toEqual({ phase: 'signed-in', sub: 'lee' })
})

test('a session that ended elsewhere is signed out', async () => {
  const { session } = sessionWith(answer('lee'), refused('session-ended'))
  await session.start({})
  await session.refresh()

  expect(session.state()).toEqual({ phase: 'signed-out', reason: 'ended' })
  expect(await session.token()).toBe(undefined)
})

test('a token that one tab was given is used by the others, and a sign-out reaches them', async () => {
  const one = sessionWith(refused('refresh-token-missing'))
  await one.session.start({})
  const heard = new Promise<void>((resolve) => one.session.subscribe(resolve))
  const two = sessionWith(answer('park'))
  await two.session.start({})
  await heard

  expect(one.session.state()).toEqual({ phase: 'signed-in', sub: 'park' })
  expect(await one.session.token()).toBe(await two.session.token())
  const gone = new Promise<void>((resolve) => one.session.subscribe(resolve))
  two.session.tellSignedOut()
  await gone
  expect(one.session.state()).toEqual({ phase: 'signed-out', reason: 'ended' })
})

test('a sign-in by password is told to the other tabs; one that is refused changes nothing and says why', async () => {
  const one = sessionWith(refused('refresh-token-missing'))
  const two = sessionWith(refused('refresh-token-missing'), refused('credentials-invalid'), answer('kim'))
  await Promise.all([one.session.start({}), two.session.start({})])

  expect(await two.session.signIn('kim@example.com', 'wrong')).toMatchObject({
    status: 401,
    type: 'credentials-invalid',
  })
  expect(two.session.state()).toEqual({ phase: 'signed-out', reason: 'never' })
  const heard = new Promise<void>((resolve) => one.session.subscribe(resolve))
  expect(await two.session.signIn('kim@example.com', 'right')).toBe(undefined)
  await heard
  expect([one, two].map(({ session }) => session.state())).toEqual(Array(2).fill({ phase: 'signed-in', sub: 'kim' }))
})

test('a server that does not answer, or answers nonsense, signs nobody in', async () => {
  const { session } = sessionWith(new TypeError('down'), Response.json({ access_token: 'x', expires_in: 1 }))

  expect(await session.signIn('kim@example.com', 'right')).toMatchObject({ type: 'unreachable' })
  expect(await session.signIn('kim@example.com', 'right')).toMatchObject({ type: 'unknown' })
  expect(session.state().phase).toBe('starting')
})

test('a link sets a password; its refusal comes with its faults and how long to wait', async () => {
  const faults = [{ field: 'new_password', message: 'must have at least 8 characters' }]
  const { session, asked } = sessionWith(
    new Response(null, { status: 204 }),
    Response.json({ type: '/problems/invalid-request', faults }, { status: 400 }),
    Response.json({ type: '/problems/too-many-requests' }, { status: 429, headers: { 'retry-after': '7' } }),
  )

  expect(await session.setPassword('token', 'new')).toBe(undefined)
  expect(await session.setPassword('token', 'new')).toMatchObject({ status: 400, faults })
  expect(await session.setPassword('token', 'new')).toMatchObject({ status: 429, waitSeconds: 7 })
  expect(new Set(asked)).toEqual(new Set(['/api/auth/v1/password-reset']))
})
