import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ask, BOT_ID, skillRequest, textOf } from './kakao/kakao.fixture.ts'
import { testChatbot } from './service.fixture.ts'

const bot = await testChatbot()
after(bot.close)
const app = bot.start()

test('who does not show the secret of the skill settings is refused', async () => {
  const request = skillRequest('kim', '로그인')
  for (const secret of ['', 'x', 'a'.repeat(64)]) {
    const answer = await ask(app, request, { 'x-kakao-skill-secret': secret })
    assert.deepEqual([answer.statusCode, answer.json().type], [401, '/problems/skill-secret-invalid'], secret)
  }
})

test("another bot's requests are refused, and the development channel's are ours", async () => {
  const other = await ask(app, skillRequest('kim', '로그인', { bot: 'another' }))

  assert.deepEqual([other.statusCode, other.json().type], [403, '/problems/other-bot'])
  assert.equal((await ask(app, skillRequest('kim', '로그인', { bot: `${BOT_ID}!` }))).statusCode, 200)
})

test('Kakao gets a card whatever it sends', async () => {
  for (const payload of [{}, { bot: { id: BOT_ID } }, { bot: {}, userRequest: [] }, skillRequest('kim', 'a\u0000b')]) {
    const answer = await ask(app, payload)
    assert.equal(answer.statusCode, 200, answer.body)
    assert.ok(textOf(answer.json()) !== '')
  }
})

test('everything stands under the path of BASE_URL, wherever that is', async () => {
  const atRoot = bot.start({ env: { BASE_URL: 'https://bot.example.com' } })
  const here = (await app.inject('/api/kakao-bot/openapi.json')).json()
  const there = (await atRoot.inject('/openapi.json')).json()
  const paths = ['/callback', '/users/callback', '/users/unlink', '/backchannel-logout', '/skill']

  assert.deepEqual(Object.keys(there.paths).sort(), paths.toSorted())
  assert.deepEqual(Object.keys(here.paths).sort(), paths.map((path) => `/api/kakao-bot${path}`).sort())
})

test('the document says of every route what it does, and that none is for bearer tokens', async () => {
  const { paths } = (await app.inject('/api/kakao-bot/openapi.json')).json()

  for (const [path, item] of Object.entries<{ post: { summary?: string; security?: object[] } }>(paths))
    assert.deepEqual([item.post.security, typeof item.post.summary], [[], 'string'], path)
})

test('readiness asks the database and the store', async () => {
  const { checks } = (await app.inject('/readyz')).json()

  assert.deepEqual(checks, { 'chatbot-database': 'ok', 'chatbot-store': 'ok' })
})
