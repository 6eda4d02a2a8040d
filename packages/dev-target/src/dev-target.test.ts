import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, beforeEach, suite, test } from 'node:test'
import { CREDENTIALS } from './credentials.ts'
import { type DevTarget, startDevTarget } from './dev-target.ts'

const { username, password, clientId, clientSecret, apiKey } = CREDENTIALS
const JSON_TYPE = { 'content-type': 'application/json' }
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }

let target: DevTarget
before(async () => {
  target = await startDevTarget()
})
after(() => target.close())
beforeEach(() => target.forget())

const send = (path: string, init: RequestInit = {}) => fetch(`${target.url}${path}`, { redirect: 'manual', ...init })
const post = (path: string, body: object) =>
  send(path, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body) })
const postForm = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  send(path, { method: 'POST', headers: { ...FORM_TYPE, ...headers }, body: new URLSearchParams(fields) })
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const basic = (name: string, secret: string) => `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
const cookieOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
interface Told {
  user?: string
  kind?: string
  items?: unknown[]
  method?: string
  query?: object
  headers?: Record<string, string>
  body?: string
  data?: { access_token: string; refresh_token: string }
  expires_in?: number
  token?: string
}
const read = async (answer: Response) => (await answer.json()) as Told
const pairOf = async (answer: Response) => (await read(answer)).data ?? { access_token: '', refresh_token: '' }
const statusOf = async (answer: Promise<Response>) => (await answer).status

test('nobody who is not logged in reads anything', async () => {
  for (const kind of Object.keys(target.logins()))
    for (const path of ['data', 'echo']) assert.equal(await statusOf(send(`/${kind}/${path}`)), 401, kind)
})

test('its first page names every kind and opens none', async () => {
  const page = await (await send('/')).text()

  for (const kind of ['bearer', 'cookie', 'form', 'oauth', 'api-key', 'api-key-query', 'basic', 'totp'])
    assert.ok(page.includes(`/${kind}\n`), kind)
  for (const secret of [password, clientSecret, apiKey]) assert.ok(!page.includes(secret), secret)
})

suite('bearer', () => {
  const logIn = async () => pairOf(await post('/bearer/login', { username, password }))

  test('a token is given for name and password, and opens data and echo', async () => {
    const { access_token } = await logIn()
    const { kind, user, items } = await read(await send('/bearer/data', bearer(access_token)))
    const echoed = await send('/bearer/echo?a=1', { ...bearer(access_token), method: 'PUT', body: 'hello' })

    assert.deepEqual([kind, user], ['bearer', username])
    assert.ok(items?.length)
    const { method, query, body, headers } = await read(echoed)
    assert.deepEqual([method, query, body, headers?.authorization], ['PUT', { a: '1' }, 'hello', undefined])
  })

  test('wrong credentials are 401 and other content than JSON is 415', async () => {
    const before = target.refusals().bearer

    assert.equal(await statusOf(post('/bearer/login', { username, password: 'wrong' })), 401)
    assert.equal(target.refusals().bearer, before + 1)
    assert.equal(await statusOf(postForm('/bearer/login', { username, password })), 415)
  })

  test('a refresh token is good once: the second time it ends all that was made of its login', async () => {
    const { access_token, refresh_token } = await logIn()
    const renewed = await pairOf(await post('/bearer/refresh', { refresh_token }))

    assert.equal(await statusOf(send('/bearer/data', bearer(renewed.access_token))), 200)
    assert.equal(await statusOf(post('/bearer/refresh', { refresh_token })), 401)
    for (const token of [access_token, renewed.access_token])
      assert.equal(await statusOf(send('/bearer/data', bearer(token))), 401)
    assert.equal(await statusOf(post('/bearer/refresh', { refresh_token: renewed.refresh_token })), 401)
  })

  test('what is forgotten is forgotten, refresh tokens only where that is wanted', async () => {
    const { access_token, refresh_token } = await logIn()
    target.forget({ keepsRefreshTokens: true })
    assert.equal(await statusOf(send('/bearer/data', bearer(access_token))), 401)
    const renewed = await pairOf(await post('/bearer/refresh', { refresh_token }))
    target.forget()

    assert.equal(await statusOf(post('/bearer/refresh', { refresh_token: renewed.refresh_token })), 401)
  })

  test('tokens end after their life', async (t) => {
    const short = await startDevTarget({ tokenLifeSeconds: 0 })
    t.after(short.close)
    const answer = await fetch(`${short.url}/bearer/login`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ username, password }),
    })
    const { data, expires_in } = await read(answer)

    assert.equal(expires_in, 0)
    assert.equal((await fetch(`${short.url}/bearer/data`, bearer(data?.access_token ?? ''))).status, 401)
  })
})

suite('cookie', () => {
  const use = (cookie: string) => send('/cookie/data', { headers: { cookie } })

  test('a session gets a new name now and then, and its old one ends soon after', async () => {
    const login = await post('/cookie/login', { username, password })
    assert.match(login.headers.getSetCookie()[0] ?? '', /HttpOnly/)
    const first = cookieOf(login)
    const answers: Response[] = []
    for (let at = 0; at < 31; at += 1) answers.push(await use(first))
    const rotated = answers.filter((answer) => cookieOf(answer) !== '')

    assert.equal(rotated.length, 1)
    assert.equal(answers.at(-1)?.status, 401)
    assert.equal(await statusOf(use(cookieOf(rotated[0] as Response))), 200)
  })

  test('wrong credentials set no cookie', async () => {
    const refused = await post('/cookie/login', { username, password: 'wrong' })

    assert.deepEqual([refused.status, cookieOf(refused)], [401, ''])
  })
})

suite('form', () => {
  const open = async () => {
    const page = await send('/form/login')
    const csrf = /name="_csrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? ''
    return { csrf, cookie: cookieOf(page) }
  }

  test('the form is sent with what its page gave, and leads home', async () => {
    const { csrf, cookie } = await open()
    const sent = await postForm('/form/login', { _csrf: csrf, username, password }, { cookie })
    const session = cookieOf(sent)

    assert.deepEqual([sent.status, sent.headers.get('location')], [302, '/form/home'])
    assert.match(await (await send('/form/home', { headers: { cookie: session } })).text(), /Welcome, agent/)
    assert.equal(await statusOf(send('/form/data', { headers: { cookie: session } })), 200)
  })

  test('another visitor’s hidden value is 403, and a wrong password a page that lets nobody in', async () => {
    const [mine, others] = [await open(), await open()]
    const { cookie } = mine
    const foreign = postForm('/form/login', { _csrf: others.csrf, username, password }, { cookie })
    assert.equal(await statusOf(foreign), 403)
    const wrong = await postForm('/form/login', { _csrf: mine.csrf, username, password: 'wrong' }, { cookie })

    assert.equal(wrong.status, 200)
    assert.match(await wrong.text(), /class="error"/)
    assert.equal(await statusOf(send('/form/data', { headers: { cookie: cookieOf(wrong) } })), 401)
  })

  test('who is not logged in is sent from home to the form', async () => {
    const home = await send('/form/home')

    assert.deepEqual([home.status, home.headers.get('location')], [302, '/form/login'])
  })
})

interface TokenAnswer {
  access_token: string
  token_type: string
  refresh_token: string
  error?: string
}

suite('oauth', () => {
  const inBody = { client_id: clientId, client_secret: clientSecret }
  const ask = async (fields: Record<string, string>, headers = {}) => {
    const answer = await postForm('/oauth/token', fields, headers)
    return { status: answer.status, body: (await answer.json()) as TokenAnswer }
  }

  test('a client gets a token for itself, its credentials in the body or by Basic', async () => {
    const grant = { grant_type: 'client_credentials' }
    for (const { status, body } of [
      await ask({ ...grant, ...inBody }),
      await ask(grant, { authorization: basic(clientId, clientSecret) }),
    ]) {
      assert.deepEqual([status, body.token_type, body.refresh_token], [200, 'Bearer', undefined])
      assert.equal((await read(await send('/oauth/data', bearer(body.access_token)))).user, clientId)
    }
  })

  test('a person’s token is renewed by a refresh token, which changes; a used one ends the login', async () => {
    const first = (await ask({ grant_type: 'password', username, password, ...inBody })).body
    const renew = (refresh_token: string) => ask({ grant_type: 'refresh_token', refresh_token, ...inBody })
    const second = (await renew(first.refresh_token)).body

    assert.notEqual(second.refresh_token, first.refresh_token)
    const reused = await renew(first.refresh_token)
    assert.deepEqual([reused.status, reused.body.error], [400, 'invalid_grant'])
    assert.equal((await renew(second.refresh_token)).body.error, 'invalid_grant')
    assert.equal(await statusOf(send('/oauth/data', bearer(second.access_token))), 401)
  })

  test('refusals are those of RFC 6749', async () => {
    const wrongSecret = { client_id: clientId, client_secret: 'wrong' }
    const expected: [Record<string, string>, number, string][] = [
      [{ grant_type: 'client_credentials', ...wrongSecret }, 401, 'invalid_client'],
      [{ grant_type: 'client_credentials' }, 401, 'invalid_client'],
      [{ grant_type: 'password', username, password: 'wrong', ...inBody }, 400, 'invalid_grant'],
      [{ grant_type: 'toString', ...inBody }, 400, 'unsupported_grant_type'],
    ]
    for (const [fields, status, error] of expected) {
      const refused = await ask(fields)
      assert.deepEqual([refused.status, refused.body.error], [status, error])
    }
  })
})

test('keys and passwords that come with each request are the given ones or refused', async () => {
  const header = (value: string) => statusOf(send('/api-key/data', { headers: { 'x-api-key': value } }))
  const query = (value: string) => statusOf(send(`/api-key-query/data?api_key=${value}`))
  const both = (value: string) => statusOf(send('/basic/data', { headers: { authorization: basic(username, value) } }))

  assert.deepEqual([await header(apiKey), await query(apiKey), await both(password)], [200, 200, 200])
  assert.deepEqual([await header('wrong'), await query('wrong'), await both('wrong')], [401, 401, 401])
})

test('a code of the moment is taken once, and never without the password', async () => {
  const key = Buffer.from('48656c6c6f21deadbeef48656c6c6f21deadbeef', 'hex')
  const otp = codeOf(key)
  const logIn = (fields: object) => post('/totp/login', { username, password, ...fields })

  assert.equal(await statusOf(logIn({ otp, password: 'wrong' })), 401)
  assert.equal(await statusOf(logIn({ otp: 'abcdef' })), 401)
  const { token = '' } = await read(await logIn({ otp }))
  assert.equal(await statusOf(send('/totp/data', bearer(token))), 200)
  assert.equal(await statusOf(logIn({ otp })), 401)
})

/** RFC 6238 once more, over the secret's bytes: another reading than the one under test. */
function codeOf(key: Buffer): string {
  const step = Math.floor(Date.now() / 30_000)
    .toString(16)
    .padStart(16, '0')
  const digest = createHmac('sha1', key).update(Buffer.from(step, 'hex')).digest()
  const at = Number.parseInt(digest.toString('hex').slice(-1), 16)
  const number = Number.parseInt(digest.toString('hex').slice(at * 2, at * 2 + 8), 16) & 0x7fffffff
  return number.toString().slice(-6).padStart(6, '0')
}
