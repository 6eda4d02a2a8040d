import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { SIGNED_WITHIN_SECONDS } from '@munjigi/contracts/relay'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import { redisStore } from '@munjigi/store/redis'
import { testStore } from '@munjigi/testing/store'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { decodeJwt } from 'jose'
import { buildApp } from '../app.ts'
import { clientsOf, entryOf } from '../clients/clients.fixture.ts'
import { testSettings } from '../settings.fixture.ts'
import { linksOf } from './lit.ts'

const SECRET = 'Qx81-kJ3p_qW0vB7nM5tY2rE9uI6oA4sD1fG8hL'
const settings = testSettings({ allowUnsignedIssue: true })
const store = testStore()
const clients = clientsOf(settings, {
  'kakao-bot': entryOf({ redirect_after_allowlist: ['/done'] }),
  'signing-bot': entryOf({ issue_secret: SECRET }),
})
const links = linksOf(settings)
let app: FastifyInstance
before(() => {
  app = buildApp({ store, settings, clients }, { logLevel: 'silent' })
})
after(async () => {
  await app.close()
  clients.close()
  await store.close()
})

const good = {
  chatbot_user_id: 'user-123',
  callback_url: 'https://bot.example.com/users/callback',
  client_key: 'kakao-bot',
}
const JSON_TYPE = { 'content-type': 'application/json' }

async function ask(payload: InjectOptions['payload'], headers: Record<string, string> = JSON_TYPE) {
  const answer = await app.inject({ method: 'POST', url: '/issue_login_link', headers, payload: payload ?? '' })
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() }
}
const refusal = ({ status, body }: Awaited<ReturnType<typeof ask>>) => [status, body.type, body.detail]
const outcome = async (change: Record<string, unknown>) => refusal(await ask({ ...good, ...change }))
const refusedFor = (code: string, status = 400) => [status, `/problems/${code.replaceAll('_', '-')}`, code]

async function linkOfAnswer(change: Record<string, unknown> = {}) {
  const { status, body } = await ask({ ...good, ...change })
  assert.equal(status, 200)
  return links.read(body.login_link.slice(`${settings.baseUrl}/login/`.length))
}

test('the answer is what callers of the Python relay read', async () => {
  const { status, headers, body } = await ask(good)

  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body).sort(), ['expires_in', 'login_link'])
  assert.equal(body.expires_in, 600)
  assert.match(body.login_link, /^https:\/\/relay\.example\.com\/login\/[\w-]+\.[\w-]+\.[\w-]+$/)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['referrer-policy'], 'no-referrer')
})

test('a link carries what was asked for: text raw, call-back normal, nothing more', async () => {
  const asked = {
    chatbot_user_id: '카카오-😀 \u007f',
    callback_url: 'HTTPS://bot.example.com.:443/users/%63allback',
    redirect_after: '/done/메뉴',
    display_name: '홍길동',
    messenger_user_id: '1234567890',
    colour: 'red',
    iss: 'https://evil.example',
    exp: 9_999_999_999,
  }
  const { jti, iat, ...link } = await linkOfAnswer(asked)

  assert.deepEqual(link, {
    ...decodedTimes(iat),
    chatbot_user_id: asked.chatbot_user_id,
    callback_url: good.callback_url,
    client_key: 'kakao-bot',
    redirect_after: encodeURI('/done/메뉴'),
    display_name: '홍길동',
    messenger_user_id: '1234567890',
  })
})
const decodedTimes = (iat: number) => ({
  iss: settings.baseUrl,
  aud: `${settings.baseUrl}/login`,
  nbf: iat,
  exp: iat + 600,
})

test('what is not asked for may be left out, null or empty', async () => {
  const names = ['redirect_after', 'display_name', 'messenger_user_id']
  for (const absence of [undefined, null, '']) {
    const link = await linkOfAnswer(Object.fromEntries(names.map((name) => [name, absence])))
    for (const name of names) assert.ok(!(name in link), name)
  }
})

test('the longest request makes a link that can be read', async () => {
  const change = {
    chatbot_user_id: '\u{1f600}'.repeat(255),
    messenger_user_id: '\u{1f601}'.repeat(255),
    display_name: '가'.repeat(100),
    redirect_after: `/done/${'x'.repeat(2000)}`,
  }

  assert.equal((await linkOfAnswer(change)).chatbot_user_id, change.chatbot_user_id)
})

test('an unknown client, a foreign call-back and a foreign path are refused in the words of source 001', async () => {
  for (const client_key of ['other', 'constructor', '__proto__', 'KAKAO-BOT'])
    assert.deepEqual(await outcome({ client_key }), refusedFor('unknown_client_key'))
  for (const callback_url of [
    'https://evil.example/users/callback',
    'https://bot.example.com@evil.example/users/callback',
    'https://evil@bot.example.com/users/callback',
    'https://bot.example.com:8443/users/callback',
    'https://bot.example.com/users/callback/',
    'https://bot.example.com/users/callback#x',
    'http://bot.example.com/users/callback',
    'javascript:alert(1)',
    'x',
  ])
    assert.deepEqual(await outcome({ callback_url }), refusedFor('callback_url_not_allowed'), callback_url)
  for (const redirect_after of ['/', '/other', '/done/../x', '//evil.example', '/\\evil', 'https:evil', 'done', ' '])
    assert.deepEqual(await outcome({ redirect_after }), refusedFor('redirect_after_not_allowed'), redirect_after)
})

test('a path is asked for in vain where the client has no list', async () => {
  assert.deepEqual(await outcomeOf(signed({ redirect_after: '/' })), refusedFor('redirect_after_not_allowed'))
})

test('a body of another form is 422 with a list of type, loc and msg, as FastAPI has it', async () => {
  const missing = (field: string) => ({ type: 'missing', loc: ['body', field], msg: 'Field required' })
  const noText = (field: string) => ({
    type: 'string_type',
    loc: ['body', field],
    msg: 'Input should be a valid string',
  })
  const expected: [unknown, unknown[]][] = [
    [{}, [missing('chatbot_user_id'), missing('callback_url'), missing('client_key')]],
    [{ ...good, client_key: undefined }, [missing('client_key')]],
    [{ ...good, chatbot_user_id: 7 }, [noText('chatbot_user_id')]],
    [{ ...good, callback_url: null, client_key: ['kakao-bot'] }, [noText('callback_url'), noText('client_key')]],
    [{ ...good, redirect_after: 7, messenger_user_id: 7 }, [noText('messenger_user_id'), noText('redirect_after')]],
    [{ ...good, ts: '1' }, [{ type: 'int_type', loc: ['body', 'ts'], msg: 'Input should be a valid integer' }]],
    [
      { ...good, chatbot_user_id: '' },
      [{ type: 'string_too_short', loc: ['body', 'chatbot_user_id'], msg: 'String should have at least 1 character' }],
    ],
    [
      { ...good, chatbot_user_id: 'x'.repeat(256) },
      [{ type: 'string_too_long', loc: ['body', 'chatbot_user_id'], msg: 'String should have at most 255 characters' }],
    ],
    ...[[], 'text', 7, null].map((body): [unknown, unknown[]] => [
      body,
      [
        {
          type: 'model_attributes_type',
          loc: ['body'],
          msg: 'Input should be a valid dictionary or object to extract fields from',
        },
      ],
    ]),
  ]
  for (const [body, detail] of expected) {
    const answer = await ask(JSON.stringify(body))
    assert.deepEqual([answer.status, answer.body.type, answer.body.status], [422, '/problems/malformed-request', 422])
    assert.deepEqual(answer.body.detail, detail)
    assert.equal(answer.body.request_id, answer.headers['x-request-id'])
  }
})

test('a body that is no JSON is 422 with the place where it stops being some, and none is missing', async () => {
  const noJson = (position: number) => ({ type: 'json_invalid', loc: ['body', position], msg: 'JSON decode error' })
  const expected: [string | Buffer, unknown][] = [
    ['', { type: 'missing', loc: ['body'], msg: 'Field required' }],
    ['{', noJson(1)],
    ['{"a":1}}', noJson(7)],
    ["{'a': 1}", noJson(1)],
    ['abc', noJson(0)],
    [Buffer.from('{"a":"\xff"}', 'latin1'), noJson(0)],
  ]
  for (const [text, fault] of expected) {
    const { status, body } = await ask(text)
    assert.deepEqual([status, body.detail], [422, [fault]], String(text))
  }
})

test('a text that nobody can sign or keep is 422', async () => {
  for (const chatbot_user_id of ['a\0b', '\ud800']) {
    const { status, body } = await ask(JSON.stringify({ ...good, chatbot_user_id }))
    assert.deepEqual([status, body.detail[0].loc], [422, ['body', 'chatbot_user_id']])
  }
})

test('names of the language itself are unknown fields like any', async () => {
  assert.equal(
    (await ask(`{"__proto__":{"client_key":"x"},"constructor":{"prototype":{}},${JSON.stringify(good).slice(1)}`))
      .status,
    200,
  )
  assert.equal((await ask('{"__proto__":{"chatbot_user_id":"x","callback_url":"y","client_key":"z"}}')).status, 422)
})

test('JSON goes by any of its names, or none, and nothing else is read', async () => {
  const text = JSON.stringify(good)
  for (const type of ['application/json', 'Application/JSON; charset=utf-8', 'application/vnd.bot+json'])
    assert.equal((await ask(text, { 'content-type': type })).status, 200, type)
  assert.equal((await ask(text, {})).status, 200)
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/html',
  ])
    assert.deepEqual((await ask(text, { 'content-type': type })).status, 415, type)
})

test('a body above 1 MB is refused unread', async () => {
  const { status, body } = await ask({ ...good, padding: 'x'.repeat(1024 * 1024) })

  assert.deepEqual([status, body.type], [413, '/problems/body-too-large'])
})

function signed(change: Record<string, unknown> = {}, secret = SECRET) {
  const ts = Math.floor(Date.now() / 1000)
  const payload = { ...good, client_key: 'signing-bot', ts, nonce: randomUUID(), ...change }
  const present = JSON.parse(JSON.stringify(payload))
  return {
    payload: present,
    headers: { ...JSON_TYPE, 'x-relay-signature': signatureOf(secret, canonicalJson(present)) },
  }
}
const outcomeOf = async ({ payload, headers }: ReturnType<typeof signed>) => {
  const answer = await ask(payload, headers)
  return answer.status === 200 ? 200 : refusal(answer)
}

test('a client that signs is believed by its signature alone, over every field', async () => {
  const { payload, headers } = signed({ display_name: '홍길동', colour: ['red', { '😀': 1 }] })
  const reordered = Object.fromEntries(Object.entries(payload).reverse())
  assert.equal(await outcomeOf({ payload: reordered, headers }), 200)
  const ascii = signed({ chatbot_user_id: '한글' })
  const asciiSignature = signatureOf(SECRET, canonicalJson(ascii.payload, { ascii: true }))
  assert.equal(await outcomeOf({ ...ascii, headers: { ...JSON_TYPE, 'x-relay-signature': asciiSignature } }), 200)

  const fresh = signed()
  const forged = [
    { ...fresh, headers: JSON_TYPE as typeof fresh.headers },
    { ...fresh, payload: { ...fresh.payload, chatbot_user_id: 'other' } },
    { ...fresh, payload: { ...fresh.payload, extra: 1 } },
    { ...fresh, headers: { ...fresh.headers, 'x-relay-signature': `${fresh.headers['x-relay-signature']}=` } },
    { ...fresh, headers: { ...fresh.headers, 'x-relay-signature': 'x' } },
    signed({}, settings.hmacSecret),
    signed({ ts: undefined }),
    signed({ nonce: undefined }),
  ]
  for (const each of forged) assert.deepEqual(await outcomeOf(each), refusedFor('invalid_signature', 401))
  // None of them has spent the nonce.
  assert.equal(await outcomeOf(fresh), 200)
})

test('a signed request is good once', async () => {
  const once = signed()
  assert.equal(await outcomeOf(once), 200)
  assert.deepEqual(await outcomeOf(once), refusedFor('nonce_used', 401))

  const parallel = signed()
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(parallel)))
  assert.equal(outcomes.filter((each) => each === 200).length, 1)
})

test('a clock that differs by more than 300 s is told so, with both times', async () => {
  const now = Math.floor(Date.now() / 1000)
  for (const ts of [now - 240, now + 240]) assert.equal(await outcomeOf(signed({ ts })), 200)
  for (const ts of [now - 600, now + 600]) {
    const { payload, headers } = signed({ ts })
    const answer = await ask(payload, headers)
    assert.deepEqual(refusal(answer), refusedFor('invalid_timestamp', 401))
    assert.match(answer.body.title, /clock/)
    assert.equal(answer.body.ts, ts)
    assert.ok(Math.abs(answer.body.now - now) < 60)
  }
})

test('nonces of one client are not those of another', async () => {
  const nonce = randomUUID()
  await store.add(`relay_issue:{other}:${nonce}`, '1', 60_000)

  assert.equal(await outcomeOf(signed({ nonce })), 200)
})

test('a nonce is remembered for as long as its ts is taken, from the earliest moment on', async (t) => {
  const lives: number[] = []
  const add: typeof store.add = (key, value, ttlMs) => {
    lives.push(ttlMs)
    return store.add(key, value, ttlMs)
  }
  const watched = buildApp({ store: { ...store, add }, settings, clients }, { logLevel: 'silent' })
  t.after(() => watched.close())
  await watched.inject({ method: 'POST', url: '/issue_login_link', ...signed() })

  assert.equal(lives.length, 1)
  assert.ok(lives.every((ms) => ms > 2 * SIGNED_WITHIN_SECONDS * 1000))
})

test('where nonces cannot be remembered no signed request is taken', async (t) => {
  const gone = redisStore('redis://127.0.0.1:1')
  const blind = buildApp({ store: gone, settings, clients }, { logLevel: 'silent' })
  t.after(async () => {
    await blind.close()
    await gone.close()
  })
  const answer = await blind.inject({ method: 'POST', url: '/issue_login_link', ...signed() })

  assert.deepEqual([answer.statusCode, answer.json().type], [503, '/problems/unavailable'])
})

test('a browser is told by a page in its language, with the same code', async () => {
  const texts = {
    ko: /로그인 링크를 쓸 수 없습니다.*오류 코드: unknown_client_key/s,
    en: /login link does not work.*Code: unknown_client_key/s,
  }
  for (const [language, text] of Object.entries(texts)) {
    const answer = await app.inject({
      method: 'POST',
      url: '/issue_login_link',
      headers: { accept: 'text/html', 'accept-language': language },
      payload: { ...good, client_key: 'other' },
    })
    assert.equal(answer.statusCode, 400)
    assert.match(answer.body, text)
  }
})

test('links are told apart', async () => {
  const links = await Promise.all(Array.from({ length: 20 }, () => ask(good)))
  const numbers = new Set(links.map(({ body }) => decodeJwt(body.login_link.split('/login/')[1]).jti))

  assert.equal(numbers.size, 20)
})
