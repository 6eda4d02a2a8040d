import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Provider, testProvider } from '@munjigi/testing/provider'
import { formOf, refusalOf, testBrowser } from '../browser.fixture.ts'
import { testChatbot, testRelay } from '../relay.fixture.ts'

let idp: Provider
before(async () => {
  idp = await testProvider()
})
after(() => idp.close())

const yearInSeoul = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'Asia/Seoul' }).format()
const html = { accept: 'text/html', 'accept-language': 'en' }

test('who opens a link reads, in their language, that a messenger account will act as them, whose, and since when', async (t) => {
  const relay = await testRelay(t, { idp, chatbot: await testChatbot(t) })
  const link = await relay.link({ display_name: '홍길동' })
  const korean = await testBrowser(relay).get(link, { accept: 'text/html' })
  const english = await testBrowser(relay).get(link, html)
  const [ko, en] = [await korean.text(), await english.text()]

  assert.deepEqual([korean.status, korean.headers.get('content-language')], [200, 'ko'])
  assert.match(ko, /다른 사람의 것일 수 있습니다/)
  assert.match(en, /somebody else&#39;s, will act as you/)
  for (const page of [ko, en]) {
    assert.ok(page.includes('“\u2068홍길동\u2069”'))
    assert.ok(page.includes(yearInSeoul) && page.includes('GMT+9'))
  }
})

test('a script is shown the page too, and nobody is sent on by opening a link', async (t) => {
  const relay = await testRelay(t, { idp, chatbot: await testChatbot(t) })
  const link = await relay.link()
  for (const accept of ['*/*', 'application/json', 'text/html']) {
    const answer = await testBrowser(relay).get(link, { accept })
    assert.deepEqual([answer.status, answer.headers.get('location')], [200, null])
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/)
  }
})

test('the page cannot be framed, runs nothing, is not kept, and its form leads to us and the IdP alone', async (t) => {
  const relay = await testRelay(t, { idp, chatbot: await testChatbot(t) })
  const { headers } = await testBrowser(relay).get(await relay.link(), html)

  const policy = headers.get('content-security-policy') ?? ''
  for (const rule of [
    "default-src 'none'",
    "frame-ancestors 'none'",
    `form-action 'self' ${new URL(idp.issuer).origin};`,
  ])
    assert.ok(policy.includes(rule), rule)
  assert.equal(headers.get('x-frame-options'), 'DENY')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('referrer-policy'), 'no-referrer')
})

test('a name chosen by somebody else stays one line of text that moves nothing around it', async (t) => {
  const relay = await testRelay(t, { idp, chatbot: await testChatbot(t) })
  const names: [string, string | undefined][] = [
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['"><img src=x>', '&quot;&gt;&lt;img src=x&gt;'],
    ['관리자\u202e\u2066\u2069\u200f끝', '관리자끝'],
    ['a\r\nb\u2028c\u0007d\ue000e', 'a\ufffd\ufffdb\ufffdc\ufffdd\ufffde'],
    [`z${'\u0301'.repeat(50)}`, 'ź\u0301\u0301\u0301'],
    ['❤️ 👩‍🚀', '❤ 👩🚀'],
    ['\u3164\u200b\u2060', undefined],
  ]
  for (const [name, shown] of names) {
    const page = await (await testBrowser(relay).get(await relay.link({ display_name: name }), html)).text()
    const [, found] = /Messenger account: “\u2068(.*)\u2069”/u.exec(page) ?? []
    assert.equal(found, shown)
    assert.ok(!/<script|<img|[\u202e\u2066\u200f]/u.test(page))
  }
})

test('the cookie is for this relay alone, and has its prefix where all is https', async (t) => {
  const chatbot = await testChatbot(t)
  const plain = await testRelay(t, { idp, chatbot })
  const secure = await testRelay(t, { idp, chatbot, env: { BASE_URL: 'https://relay.example.com/relay' } })
  const [first = ''] = (await testBrowser(plain).get(await plain.link(), html)).headers.getSetCookie()
  const [second = ''] = (await testBrowser(secure).get(await secure.link(), html)).headers.getSetCookie()

  assert.match(first, /^munjigi-relay=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/)
  assert.match(second, /^__Host-munjigi-relay=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
})

test('only the page itself can go on: without its cookie, its token or its link nobody is sent to the IdP', async (t) => {
  const relay = await testRelay(t, { idp, chatbot: await testChatbot(t) })
  const link = await relay.link()
  const browser = testBrowser(relay)
  const { action, token } = formOf(await (await browser.get(link, html)).text())
  const other = testBrowser(relay)
  await other.get(link, html)

  const refused = [400, 'other-browser']
  assert.deepEqual(await refusalOf(await testBrowser(relay).post(action, { token })), refused)
  assert.deepEqual(await refusalOf(await other.post(action, { token })), refused)
  assert.deepEqual(await refusalOf(await browser.post(action, { token: `${token.slice(0, -1)}_` })), refused)
  assert.deepEqual(await refusalOf(await browser.post(action, { token: '' })), refused)
  assert.deepEqual(await refusalOf(await browser.post(await relay.link(), { token })), refused)
  assert.deepEqual(await refusalOf(await browser.post(action, {})), [422, 'malformed-request'])
  assert.equal((await browser.post(action, { token })).status, 303)
})

test('a link sent to somebody else signs them in for the sender where no page warns them', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot, client: { confirm: false } })
  const attackersLink = await relay.link({ chatbot_user_id: 'attacker' })
  const victim = testBrowser(relay)
  const sentOn = await victim.get(attackersLink, html)
  assert.equal(sentOn.status, 302)
  await victim.get(await victim.signInAt(new URL(sentOn.headers.get('location') ?? ''), 'user.lee'))

  assert.deepEqual(
    chatbot.callbacks().map(({ chatbot_user_id }) => chatbot_user_id),
    ['attacker'],
  )
})

test('with the page, a link or a form of the sender takes the victim nowhere: only the victim can say yes', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const attackersLink = await relay.link({ chatbot_user_id: 'attacker' })
  const attacker = testBrowser(relay)
  const { action, token } = formOf(await (await attacker.get(attackersLink, html)).text())
  const victim = testBrowser(relay)
  const opened = await victim.get(attackersLink, html)
  const posted = await victim.post(action, { token })

  assert.deepEqual([opened.status, opened.headers.get('location')], [200, null])
  assert.deepEqual([posted.headers.get('location'), ...(await refusalOf(posted))], [null, 400, 'other-browser'])
})

test('the answer to a login that the sender began cannot be finished by the victim', async (t) => {
  const chatbot = await testChatbot(t)
  const relay = await testRelay(t, { idp, chatbot })
  const attacker = testBrowser(relay)
  const login = await attacker.begin(await relay.link({ chatbot_user_id: 'attacker' }))
  const victim = testBrowser(relay)
  const answer = await victim.get(await victim.signInAt(login))

  assert.deepEqual(await refusalOf(answer), [400, 'other-browser'])
  assert.equal(chatbot.requests.length, 0)
})
