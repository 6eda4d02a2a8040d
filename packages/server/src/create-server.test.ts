import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { setImmediate as soon } from 'node:timers/promises'
import { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger } from 'fastify'
import { Type } from 'typebox'
import { createServer } from './create-server.ts'
import { createLogger } from './logger.ts'

const build = () => {
  const app = createServer({ name: 'test', logLevel: 'silent', mode: 'embedded' })
  const Body = Type.Object(
    { name: Type.String({ minLength: 1 }), age: Type.Integer() },
    { additionalProperties: false },
  )
  app.post('/people', { schema: { body: Body } }, async (request) => request.body)
  app.get('/refused', async () => {
    throw new Problem(409, 'email-taken', 'That email is already in use', { headers: { 'retry-after': '1' } })
  })
  app.get('/bug', async () => {
    throw new Error('select secret from table')
  })
  return app
}

test('a problem is answered as problem+json with its headers and the request id', async () => {
  const answer = await build().inject({ url: '/refused', headers: { 'x-request-id': 'abc-1' } })

  assert.equal(answer.statusCode, 409)
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  assert.equal(answer.headers['retry-after'], '1')
  assert.equal(answer.headers['x-request-id'], 'abc-1')
  assert.equal(answer.json().request_id, 'abc-1')
})

test('a bug is an opaque 500', async () => {
  const answer = await build().inject('/bug')

  assert.equal(answer.statusCode, 500)
  assert.equal(answer.json().type, '/problems/internal')
  assert.doesNotMatch(answer.body, /secret/)
})

test('an outage of the database or the store is a 503 that says to try again', async () => {
  const app = build()
  app.get('/outage', async () => {
    throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.7'), { statusCode: 503 })
  })
  const answer = await app.inject('/outage')

  assert.deepEqual([answer.statusCode, answer.json().type], [503, '/problems/unavailable'])
  assert.equal(answer.headers['retry-after'], '1')
  assert.doesNotMatch(answer.body, /10\.0/)
})

test('of a value that may be of several kinds the kinds are told once, or what is wrong with the one it is of', async () => {
  const app = createServer({ name: 'test', logLevel: 'silent' })
  const Value = Type.Union([Type.String({ maxLength: 3 }), Type.Null(), Type.Object({ ref: Type.String() })])
  const body = Type.Object({ a: Value, b: Value, c: Value, d: Type.Union([Value, Type.Array(Value)]) })
  app.post('/values', { schema: { body } }, async () => ({}))
  const answer = await app.inject({ method: 'POST', url: '/values', payload: { a: 1, b: 'long', c: { ref: 1 }, d: 1 } })

  assert.deepEqual(answer.json().faults, [
    { field: 'a', message: 'must be string or null or object' },
    { field: 'b', message: 'must NOT have more than 3 characters' },
    { field: 'c.ref', message: 'must be string' },
    { field: 'd', message: 'must be string or null or object' },
  ])
})

test('a boolean of a query is read in the spellings of Python too, any other is refused', async () => {
  const app = createServer({ name: 'test', logLevel: 'silent' })
  const querystring = Type.Object({ on: Type.Boolean(), text: Type.Optional(Type.String()) })
  app.get('/switch', { schema: { querystring } }, async (request) => request.query)
  const ask = async (query: string) => (await app.inject(`/switch?${query}`)).json()

  for (const spelling of ['true', 'True', '1'])
    assert.deepEqual(await ask(`on=${spelling}&text=1`), { on: true, text: '1' })
  for (const spelling of ['false', 'False', '0']) assert.deepEqual(await ask(`on=${spelling}`), { on: false })
  for (const other of ['on=yes', 'on=true&on=false', 'on=', 'text=true']) assert.equal((await ask(other)).status, 400)
})

test('a bad body names every field and what is wrong with it', async () => {
  const answer = await build().inject({ method: 'POST', url: '/people', payload: { name: '', agee: 3 } })

  assert.equal(answer.statusCode, 400)
  assert.equal(answer.json().type, '/problems/invalid-request')
  assert.deepEqual(
    answer
      .json()
      .faults.map((fault: { field: string }) => fault.field)
      .sort(),
    ['age', 'agee', 'name'],
  )
})

test('a type without a body says nothing', async () => {
  const app = createServer({ name: 'test', logLevel: 'silent' })
  app.post('/renew', async ({ body }) => ({ read: body ?? 'nothing' }))
  const headers = { 'content-type': 'application/json' }

  assert.deepEqual((await app.inject({ method: 'POST', url: '/renew', headers })).json(), { read: 'nothing' })
  const none = await app.inject({ method: 'POST', url: '/renew', headers: { ...headers, 'content-length': '0' } })
  assert.deepEqual(none.json(), { read: 'nothing' })
  assert.deepEqual((await app.inject({ method: 'POST', url: '/renew', payload: { a: 1 } })).json(), { read: { a: 1 } })
})

test('of a value that is none of those allowed all of them are named', async () => {
  const app = createServer({ name: 'test', logLevel: 'silent' })
  app.post('/doors', { schema: { body: Type.Object({ is: Type.Enum(['open', 'shut']) }) } }, async () => ({}))
  const answer = await app.inject({ method: 'POST', url: '/doors', payload: { is: 'ajar' } })

  assert.equal(answer.json().detail, 'is: must be one of open, shut')
})

test('broken JSON, a wrong content type and an unknown path are 4xx problems', async () => {
  const app = build()
  const broken = await app.inject({
    method: 'POST',
    url: '/people',
    payload: '{',
    headers: { 'content-type': 'application/json' },
  })
  const text = await app.inject({
    method: 'POST',
    url: '/people',
    payload: 'x',
    headers: { 'content-type': 'text/plain' },
  })

  const empty = await app.inject({ method: 'POST', url: '/people', headers: { 'content-type': 'application/json' } })

  assert.deepEqual([broken.statusCode, broken.json().type], [400, '/problems/bad-request'])
  assert.match(broken.json().detail, /not well-formed JSON/)
  assert.deepEqual([empty.statusCode, empty.json().type], [400, '/problems/invalid-request'])
  assert.deepEqual([text.statusCode, text.json().type], [415, '/problems/unsupported-media-type'])
  assert.equal((await app.inject('/nowhere')).json().type, '/problems/not-found')
})

test('a path that the router cannot read is a problem, and is not repeated', async () => {
  const app = build()
  app.get('/people/:sub', async ({ params }) => params)
  for (const url of ['/people/s3cret%ff', '/people/s3cret%', `/people/s3cret${'x'.repeat(2000)}`]) {
    const answer = await app.inject(url)
    const { type, request_id } = answer.json()

    assert.deepEqual([type, request_id], ['/problems/bad-request', answer.headers['x-request-id']])
    assert.ok(answer.statusCode === 400 || answer.statusCode === 414)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    assert.doesNotMatch(answer.body, /s3cret|FST_/)
  }
})

test('a subject of the greatest length can stand in a path, encoded too', async () => {
  const app = build()
  app.get('/people/:sub', async ({ params }) => params)

  assert.deepEqual((await app.inject(`/people/${'%7C'.repeat(255)}`)).json(), { sub: '|'.repeat(255) })
})

test('a format takes only what the database reads too', async () => {
  const app = build()
  const querystring = Type.Object({
    id: Type.Optional(Type.String({ format: 'uuid' })),
    at: Type.Optional(Type.String({ format: 'date-time' })),
  })
  app.get('/formats', { schema: { querystring } }, async ({ query }) => query)
  const id = '6b0f0000-0000-4000-8000-000000000002'
  const statusOf = async (query: Record<string, string>) => (await app.inject({ url: '/formats', query })).statusCode

  assert.equal(await statusOf({ id, at: '2026-11-21T09:00:00+09:00' }), 200)
  for (const bad of [`urn:uuid:${id}`, `{${id}}`, `${id}\n`]) assert.equal(await statusOf({ id: bad }), 400, bad)
  const outside = ['0000-12-31T23:59:59-01:00', '0001-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00']
  for (const bad of ['2016-12-31T23:59:60Z', '0000-01-01T00:00:00Z', '2026-02-30T00:00:00Z', ...outside])
    assert.equal(await statusOf({ at: bad }), 400, bad)
})

test('a malformed request id of the caller is replaced', async () => {
  for (const given of ['a b', 'x'.repeat(65), 'a,b', '']) {
    const answer = await build().inject({ url: '/refused', headers: { 'x-request-id': given } })

    assert.match(answer.json().request_id, /^[0-9a-f-]{36}$/)
  }
})

test('readiness names the check that fails and recovers with it', async () => {
  const app = build()
  let isUp = false
  app.addReadyCheck('database', async () => assert.ok(isUp))

  const down = await app.inject('/readyz')
  isUp = true
  const up = await app.inject('/readyz')

  assert.deepEqual(
    [down.statusCode, down.json()],
    [503, { status: 'unavailable', mode: 'embedded', checks: { database: 'failed' } }],
  )
  assert.deepEqual([up.statusCode, up.json().checks], [200, { database: 'ok' }])
})

test('metrics count requests by route pattern, never by path', async () => {
  const app = build()
  await app.inject('/refused?token=abc')
  const text = (await app.inject('/metrics')).body

  assert.match(text, /http_request_duration_seconds_count\{.*route="\/refused",method="GET",status="409"/)
  assert.doesNotMatch(text, /abc/)
})

test('what somebody else fails in is a line, a bug an error with its stack', async () => {
  const lines: { level: number; problem?: string; err?: { stack: string } }[] = []
  const log = createLogger('test', 'info', { write: (line) => void lines.push(JSON.parse(line)) })
  const app = createServer({ name: 'test', fastify: { loggerInstance: log } as object })
  app.get('/outside', async () => {
    throw new Problem(502, 'target-login-failed', 'The outside service did not let us in')
  })
  app.get('/wrapped', async () => {
    throw new Problem(502, 'refused', 'Refused', { cause: new Error('why') })
  })
  app.get('/bug', async () => {
    throw new TypeError('x is not a function')
  })
  for (const path of ['/outside', '/wrapped', '/bug']) await app.inject(path)

  const failures = lines.filter(({ level }) => level > 30)
  assert.deepEqual(
    failures.map(({ level, problem }) => [level, problem]),
    [
      [40, 'target-login-failed'],
      [50, undefined],
      [50, undefined],
    ],
  )
  assert.match(failures[1]?.err?.stack ?? '', /why/)
})

const logged = (write: (log: FastifyBaseLogger) => void) => {
  const lines: string[] = []
  write(createLogger('test', 'info', { write: (line) => void lines.push(line) }))
  return lines.join('')
}

test('what has a secret name is redacted in log lines at every depth and in any case of letters, and stays as it was', () => {
  const deep = { a: [{ b: { Authorization: 's3cret' } }], 'Set-Cookie': ['s3cret', { x: 's3cret' }], code: 's3cret' }
  const facts = { token: 's3cret', headers: { authorization: 's3cret' }, req: { headers: { cookie: 's3cret' } }, deep }
  const line = JSON.parse(logged((log) => log.info({ ...facts, subject: 'bob' }, 'x')))

  assert.doesNotMatch(JSON.stringify(line), /s3cret/)
  assert.deepEqual([line.token, line.subject, line.msg], ['[redacted]', 'bob', 'x'])
  assert.equal(deep.a[0]?.b.Authorization, 's3cret')
})

test('secrets of errors, of those within them, of child loggers and of what writes itself are redacted', () => {
  const cause = Object.assign(new Error('inner'), { config: { headers: { 'x-internal-key': 's3cret' } } })
  const err = Object.assign(new Error('outer', { cause }), { inner: cause, response: { data: { password: 's3cret' } } })
  const text = logged((log) => {
    log.error(err, 'a bare one')
    log.error({ err, of: new Map(), own: { toJSON: () => ({ api_key: 's3cret' }) } }, 'x')
    log.child({ secret: 's3cret' }).child({ refresh_token: 's3cret' }).info('y')
  })

  assert.doesNotMatch(text, /s3cret/)
  assert.match(text, /"secret":"\[redacted\]".*"refresh_token":"\[redacted\]"/)
  assert.deepEqual([text.match(/\n/g)?.length, text.endsWith('\n')], [3, true])
})

test('the fields in which our own routes and those of the IdP take secrets are among the secret names', () => {
  const fields = ['current_password', 'new_password', 'reset_url', 'code_verifier', 'subject_token', 'client_assertion']
  const body = Object.fromEntries(fields.map((name) => [name, 's3cret']))

  assert.doesNotMatch(
    logged((log) => log.info({ body }, 'x')),
    /s3cret/,
  )
})

test('what is too deep to be redacted is left out of the log, and whoever logs it is not harmed', () => {
  for (let depth = 1; depth < 100_000; depth *= 2) {
    let deep: object = { token: 's3cret' }
    for (let each = 0; each < depth; each += 1) deep = { deep }
    const text = logged((log) => log.info({ deep }, 'x'))

    assert.doesNotMatch(text, /s3cret/)
    assert.equal(typeof JSON.parse(text).msg, 'string')
  }
})

test('a line that names a secret in its text alone is left as it is', () => {
  const text = 'no "token": here, nor {"password":1}'

  assert.equal(JSON.parse(logged((log) => log.info({ text, nothing: null }, text))).text, text)
})

test('closing lets a request in flight finish and does not wait for its connection to be used again', async () => {
  const [arrived, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()]
  const app = createServer({ name: 'test', logLevel: 'silent' })
  app.get('/slow', async () => {
    arrived.resolve()
    return finish.promise
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent({ keepAlive: true })
  const { port } = app.server.address() as AddressInfo
  const answered = once(get({ port, host: '127.0.0.1', path: '/slow', agent }), 'response') as Promise<
    [IncomingMessage]
  >
  await arrived.promise
  const closed = app.close()
  while (app.server.listening) await soon()
  finish.resolve('done')

  const [answer] = await answered
  assert.equal(answer.statusCode, 200)
  assert.equal(await answer.setEncoding('utf8').reduce((text, chunk) => text + chunk, ''), 'done')
  await closed
  agent.destroy()
})

test('who sends too much gets the whole answer, and the connection goes on', async (t) => {
  const app = build()
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => socket.destroy())
  let text = ''
  const seen = (part: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => text.includes(part) && resolve()
      socket.on('data', look).on('close', () => reject(new Error(`closed after ${text}`)))
      look()
    })
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
  })
  const length = 8 * 1024 * 1024
  socket.write(
    `POST /people HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`,
  )
  await seen('/problems/body-too-large')
  for (let sent = 0; sent < length; sent += 65_536) socket.write(' '.repeat(65_536))
  socket.write('GET /refused HTTP/1.1\r\nhost: x\r\n\r\n')

  await seen('/problems/email-taken')
  assert.match(text, /^HTTP\/1\.1 413 /)
})
