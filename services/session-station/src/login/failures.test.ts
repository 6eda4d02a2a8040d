import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { headerOf } from '@munjigi/testing/upstream'
import { rawTarget, testEgress, testTarget } from '../egress/egress.fixture.ts'
import { bearerRule } from '../injection/bearer-rule.fixture.ts'
import type { LoginRequest, Profile } from '../profiles/profile.ts'
import { loginRequest, openProfile, rule } from './login.fixture.ts'
import { logIn } from './login.ts'

const SECRET = 'Zm9v-marker-Secret'
const TARGETS_WORD = 'word-of-the-target'
const token = {
  extraction_rules: [rule({ name: 'token', source: 'body', key_path: 'token' })],
  injection_rules: [bearerRule('token')],
}

interface Answered {
  status: number
  headers?: Record<string, string>
  body?: string
}

/** One login at a target that answers like that. */
async function failureAt(
  t: TestContext,
  answered: Answered,
  success?: LoginRequest['success'],
  given: Partial<Profile> = token,
) {
  const { status, headers = {}, body = JSON.stringify({ error: TARGETS_WORD }) } = answered
  const target = await testTarget(t, (_request, response) => response.writeHead(status, headers).end(body))
  const url = `${target.url}/login`
  const request = loginRequest({ url, payload: { password: SECRET }, ...(success && { success }) })
  const { failure } = await logIn(openProfile([request], given), {
    egress: target.egress,
    now: () => 1_700_000_000_000,
  })
  for (const word of [SECRET, TARGETS_WORD, '127.0.0.1']) assert.ok(!failure?.message.includes(word), failure?.message)
  return failure
}

const JSON_BODY = '{"token":"t","ok":1,"big":12345678901234567890}'

test('a failure has the class of its status', async (t) => {
  const classes: [number, string][] = [
    [400, 'credentials'],
    [401, 'credentials'],
    [403, 'credentials'],
    [422, 'credentials'],
    [404, 'bad-answer'],
    [410, 'bad-answer'],
    [418, 'bad-answer'],
    [408, 'outage'],
    [429, 'rate-limited'],
    [500, 'outage'],
    [503, 'outage'],
    [599, 'outage'],
  ]
  for (const [status, kind] of classes) assert.equal((await failureAt(t, { status }))?.kind, kind, String(status))
})

test('how long to wait is read in both forms, and is five minutes at most', async (t) => {
  const waits: [status: number, retryAfter: string, ms: number | undefined][] = [
    [429, '7', 7_000],
    [429, new Date(1_700_000_030_000).toUTCString(), 30_000],
    [503, '86400', 300_000],
    [429, 'Fri, 31 Dec 2099 23:59:59 GMT', 300_000],
    [429, new Date(1_600_000_000_000).toUTCString(), undefined],
    [429, '-5', undefined],
    [429, 'soon', undefined],
    [429, '0', undefined],
    [401, '7', undefined],
  ]
  for (const [status, value, ms] of waits)
    assert.equal((await failureAt(t, { status, headers: { 'retry-after': value } }))?.retryAfterMs, ms, value)
})

test('success is what was stated', async (t) => {
  const cases: [LoginRequest['success'], Answered, string | undefined][] = [
    [undefined, { status: 201, body: JSON_BODY }, undefined],
    [undefined, { status: 302, body: JSON_BODY }, undefined],
    [undefined, { status: 399, body: JSON_BODY }, undefined],
    [{ status: [201] }, { status: 201, body: JSON_BODY }, undefined],
    [{ status: [201] }, { status: 200, body: JSON_BODY }, 'credentials'],
    [{ status: [401] }, { status: 401, body: JSON_BODY }, undefined],
    [{ status: [201] }, { status: 503, body: JSON_BODY }, 'outage'],
    [{ body: { path: 'ok', equals: 1 } }, { status: 200, body: JSON_BODY }, undefined],
    [{ body: { path: 'ok', equals: 2 } }, { status: 200, body: JSON_BODY }, 'credentials'],
    [{ body: { path: 'ok', equals: '1' } }, { status: 200, body: JSON_BODY }, 'credentials'],
    [{ body: { path: 'token' } }, { status: 200, body: JSON_BODY }, undefined],
    [{ body: { path: 'absent' } }, { status: 200, body: JSON_BODY }, 'credentials'],
    [{ body: { path: 'constructor.name' } }, { status: 200, body: JSON_BODY }, 'credentials'],
    [{ body: { path: 'ok' } }, { status: 200, body: '{"ok":1' }, 'bad-answer'],
    [{ body: { path: 'ok' } }, { status: 200, body: '<html>' }, 'bad-answer'],
    [{ body: { path: 'ok' } }, { status: 403, body: '<html>' }, 'credentials'],
  ]
  for (const [success, answered, kind] of cases)
    assert.equal((await failureAt(t, answered, success))?.kind, kind, JSON.stringify([success, answered]))
})

test('an answer that cannot be read has nothing in it', async (t) => {
  const answers: Answered[] = [
    { status: 200, body: '{"token":' },
    { status: 200, body: '' },
    { status: 200, body: 'null' },
    { status: 200, body: '[['.repeat(50_000) },
    { status: 200, body: '{"token":{}' },
    { status: 200, body: JSON_BODY, headers: { 'content-type': 'application/json; charset=no-such-charset' } },
    { status: 200, body: JSON_BODY, headers: { 'content-type': 'application/json; charset=utf-16le' } },
    { status: 200, body: JSON_BODY, headers: { 'content-encoding': 'gzip' } },
    { status: 200, body: `{"token":"${'x'.repeat(2_000_000)}"}` },
    { status: 200, body: `{"token":"${'x'.repeat(12_000_000)}"}` },
    { status: 204, body: '' },
  ]
  for (const answered of answers)
    assert.equal((await failureAt(t, answered))?.kind, 'bad-answer', answered.body?.slice(0, 20))
})

test('a bomb is a bad answer', async (t) => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  const target = await testTarget(t, (_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  )
  const { failure } = await logIn(openProfile([loginRequest({ url: target.url })], token), {
    egress: target.egress,
    now: Date.now,
  })

  assert.equal(failure?.kind, 'bad-answer')
})

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n'
const STAGES: [string, (socket: Socket) => void][] = [
  ['before the answer', () => {}],
  ['in the status line', (socket) => socket.write('HTTP/1.1 2')],
  ['in the headers', (socket) => socket.write(HEAD.slice(0, 40))],
  ['in the body', (socket) => socket.write(`${HEAD}{"token":"t"`)],
  [
    'never, but slowly',
    (socket) => {
      socket.write(HEAD)
      const drip = setInterval(() => socket.write('x'), 100)
      socket.on('close', () => clearInterval(drip))
    },
  ],
]

test('a target that hangs at any stage is an outage when its time is over', async (t) => {
  const outcomeAt = async ([stage, talk]: (typeof STAGES)[number]) => {
    const { port } = await rawTarget(t, (socket) => void socket.once('data', () => talk(socket)))
    const request = loginRequest({ url: `http://127.0.0.1:${port}/`, timeout: 2 })
    const { failure, wasSent, status, result } = await logIn(openProfile([request], token), {
      egress: testEgress(t, `127.0.0.1:${port}`),
      now: Date.now,
    })
    return [stage, failure?.kind, wasSent, status, result]
  }

  const expected = STAGES.map(([stage]) => [stage, 'outage', true, undefined, undefined])
  assert.deepEqual(await Promise.all(STAGES.map(outcomeAt)), expected)
})

test('all steps together have the time of all steps together, and each its own', async (t) => {
  const target = await testTarget(t, (request, response) => {
    if (request.url === '/fast') response.end('{}')
  })
  const steps = ['/fast', '/never'].map((path) => loginRequest({ url: target.url + path, timeout: 2 }))
  const { failure } = await logIn(openProfile(steps), { egress: target.egress, now: Date.now })

  assert.deepEqual(failure, { kind: 'outage', message: 'step 2 of 2: no whole answer came in time' })
})

test('a target that closes or is not there is an outage, and what may have been read is said', async (t) => {
  const { port } = await rawTarget(t, (socket) => void socket.once('data', () => socket.destroy()))
  const egress = testEgress(t, '127.0.0.1')
  const at = (url: string) => logIn(openProfile([loginRequest({ url })], token), { egress, now: Date.now })
  const closed = await at(`http://127.0.0.1:${port}/`)
  const nobody = await at('http://127.0.0.1:1/')

  assert.deepEqual([closed.failure?.kind, closed.wasSent], ['outage', true])
  assert.deepEqual([nobody.failure?.kind, nobody.wasSent], ['outage', false])
})

test('an address that is not allowed is refused, and nothing is sent', async (t) => {
  const target = await testTarget(t, (_request, response) => response.end())
  const outcome = await logIn(openProfile([loginRequest({ url: target.url })], token), {
    egress: testEgress(t, '127.0.0.2'),
    now: Date.now,
  })

  assert.deepEqual([outcome.failure?.kind, outcome.wasSent, target.requests.length], ['refused', false, 0])
})

test('secrets stay with their origin when a login is redirected', async (t) => {
  const other = await testTarget(t, (_request, response) => response.end('{"token":"of the other"}'))
  for (const status of [301, 302, 303, 307, 308]) {
    const target = await testTarget(t, (request, response) => {
      const location = request.url === '/login' ? '/hop' : `${other.url}/steal`
      response.writeHead(status, { location, 'set-cookie': 'sid=1; Path=/' }).end()
    })
    const request = loginRequest({
      url: `${target.url}/login`,
      headers: { 'X-Api-Key': SECRET },
      userinfo: `kim:${SECRET}`,
      payload: { password: SECRET },
    })
    await logIn(openProfile([request], token), { egress: testEgress(t, '127.0.0.1'), now: Date.now })

    const stolen = JSON.stringify(other.requests.at(-1))
    for (const secret of [SECRET, Buffer.from(`kim:${SECRET}`).toString('base64'), 'sid=1'])
      assert.ok(!stolen.includes(secret), `${status}: ${stolen}`)
    assert.equal(headerOf(target.requests.at(-1), 'x-api-key'), SECRET)
    assert.equal(headerOf(target.requests.at(-1), 'cookie'), 'sid=1')
  }
  assert.equal(other.requests.length, 5)
})

test('redirects without an end or to nowhere are refused', async (t) => {
  for (const location of ['/again', 'ftp://x/', 'javascript:1']) {
    const target = await testTarget(t, (_request, response) => response.writeHead(302, { location }).end())
    const profile = openProfile([loginRequest({ url: target.url })], token)

    assert.equal((await logIn(profile, { egress: target.egress, now: Date.now })).failure?.kind, 'refused', location)
  }
})

test('a request never leaves the origins of the profile', async (t) => {
  const target = await testTarget(t, (_request, response) => response.end('{}'))
  const profile = openProfile([loginRequest({ url: target.url })], { origins: ['https://target.example'] })

  assert.equal((await logIn(profile, { egress: target.egress, now: Date.now })).failure?.kind, 'refused')
  assert.equal(target.requests.length, 0)
})

test('a login that is given up ends', async (t) => {
  const target = await testTarget(t, () => {})
  const giving = new AbortController()
  const outcome = logIn(openProfile([loginRequest({ url: target.url })]), {
    egress: target.egress,
    now: Date.now,
    signal: giving.signal,
  })
  await once(target.server, 'request')
  giving.abort()

  const { failure, wasSent } = await outcome
  assert.deepEqual([failure?.message, wasSent], ['it was given up before its end', true])
})
