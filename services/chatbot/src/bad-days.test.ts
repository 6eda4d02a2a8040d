import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { connectStore } from '@munjigi/store/connect'
import { sql } from 'kysely'
import { loginLinkOf, say, textOf } from './kakao/kakao.fixture.ts'
import { eventually, testChatbot } from './service.fixture.ts'

const bot = await testChatbot()
after(bot.close)
const app = bot.start()
await bot.logIn(app, 'user.lee', 'lee')
bot.gateway.answers['GET /api/meal/v1/restaurants'] = () => [200, { restaurants: [] }]
bot.gateway.answers['GET /api/meal/v1/menus'] = () => [200, { menus: [] }]
const tenMinutesLater = () => Date.now() + 10 * 60_000
const rowOfLee = () => bot.db.selectFrom('user_map').selectAll().where('kakao_id', '=', 'lee').executeTakeFirstOrThrow()

test('without its store the bot answers who is linked, and takes no login that it cannot check', async () => {
  const store = connectStore('redis://127.0.0.1:1')
  const storeless = bot.start({ store })
  const login = await bot.bring(storeless, await bot.callbackOf('user.lee', 'lee'))
  const { status, checks } = (await storeless.inject('/readyz')).json()

  assert.match(textOf(await say(storeless, 'lee', '오늘 메뉴')), /등록된 메뉴가 없어요/)
  assert.equal(login.statusCode, 503, login.body)
  assert.notEqual(status, 'ok')
  assert.notEqual(checks['chatbot-store'], 'ok')
  await storeless.close()
  await store.close()
})

test('while the database answers nothing Kakao gets a card all the same, and then all is well', async () => {
  const { promise: isLocked, resolve: locked } = Promise.withResolvers<void>()
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>()
  const frozen = bot.db.transaction().execute(async (trx) => {
    await sql`lock table chatbot.user_map in access exclusive mode`.execute(trx)
    locked()
    await isOver
  })
  await isLocked
  const cards = await Promise.all(['로그인', '내 정보'].map((text) => say(app, 'lee', text)))
  end()
  await frozen

  for (const card of cards) assert.match(textOf(card), /잠시 뒤에/)
  await eventually(async () => /등록된 메뉴가 없어요/.test(textOf(await say(app, 'lee', '오늘 메뉴'))))
})

test('while the gateway is away the person is told to come back', async () => {
  const lost = bot.start({ env: { GATEWAY_URL: 'http://127.0.0.1:1' } })

  for (const text of ['오늘 메뉴', '내 정보']) assert.match(textOf(await say(lost, 'lee', text)), /잠시 뒤에/, text)
})

test('while the IdP is away a token that is due is not renewed, and nothing is lost', async () => {
  const before = await rowOfLee()
  const lost = bot.start({ env: { IDP_BACKCHANNEL_URL: 'http://127.0.0.1:1' }, now: tenMinutesLater })
  assert.match(textOf(await say(lost, 'lee', '오늘 메뉴')), /잠시 뒤에/)

  assert.equal((await rowOfLee()).refresh_token, before.refresh_token)
  assert.match(textOf(await say(app, 'lee', '오늘 메뉴')), /등록된 메뉴가 없어요/)
})

test('with a wrong key nobody is offered a new login and nothing is overwritten', async () => {
  const before = await rowOfLee()
  const TOKEN_ENCRYPTION_KEY = randomBytes(32).toString('base64url')
  const wrong = bot.start({ env: { TOKEN_ENCRYPTION_KEY }, now: tenMinutesLater })
  for (const text of ['오늘 메뉴', '내 정보', '로그아웃']) {
    const card = await say(wrong, 'lee', text)
    assert.match(textOf(card), /잠시 뒤에/, text)
    assert.equal(loginLinkOf(card), undefined)
  }

  assert.deepEqual(await rowOfLee(), before)
})

test('what a service says of itself is not repeated to the person', async () => {
  const { 'GET /api/meal/v1/menus': usual } = bot.gateway.answers
  bot.gateway.answers['GET /api/meal/v1/menus'] = () => [502, { title: 'secret of the house', detail: 'at 10.0.0.3' }]
  const card = await say(app, 'lee', '오늘 메뉴')
  if (usual) bot.gateway.answers['GET /api/meal/v1/menus'] = usual

  assert.match(textOf(card), /잠시 뒤에/)
  assert.doesNotMatch(JSON.stringify(card), /secret|10\.0/)
})

test('twenty questions at once, each due for a new token, are all answered', async () => {
  const later = bot.start({ now: tenMinutesLater })
  const ask = async (): Promise<string> => {
    const text = textOf(await say(later, 'lee', '오늘 메뉴'))
    // What a busy machine says of twenty at once when Kakao's five seconds are nearly over.
    return text.startsWith('시간이 더 걸리고') ? ask() : text
  }
  const answers = await Promise.all(Array.from({ length: 20 }, ask))

  for (const text of answers) assert.match(text, /등록된 메뉴가 없어요/)
})
