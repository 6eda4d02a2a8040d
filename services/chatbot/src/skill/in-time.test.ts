import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { BASE_PATH, type Card, SKILL_SECRET, say, skillRequest, textOf } from '../kakao/kakao.fixture.ts'
import { eventually, testChatbot } from '../service.fixture.ts'

const bot = await testChatbot()
after(bot.close)
const app = bot.start()
await bot.logIn(app, 'user.lee', 'lee')

/** The gateway answers menus when `release` is called, and not before. */
function hold() {
  const held = Promise.withResolvers<void>()
  bot.gateway.answers['GET /api/meal/v1/restaurants'] = () => [200, { restaurants: [] }]
  bot.gateway.answers['GET /api/meal/v1/menus'] = async () => {
    await held.promise
    return [200, { menus: [] }]
  }
  return { release: held.resolve }
}

test('what takes longer follows to the callback URL, once', async () => {
  const { release } = hold()
  const callbackUrl = `https://${bot.callbacks.host}/v1/callback/one`
  const first = await say(app, 'lee', '오늘 메뉴', { callbackUrl })
  const next = bot.callbacks.nextCard()
  release()
  await next

  assert.equal(first.useCallback, true)
  assert.match(first.data?.text ?? '', /기다려/)
  assert.equal(first.template, undefined)
  const received = bot.callbacks.received.filter(({ url }) => url === '/v1/callback/one')
  assert.equal(received.length, 1)
  assert.match(textOf(received[0]?.card ?? assert.fail()), /등록된 메뉴가 없어요/)
})

test('an answer that is there at once leaves the callback URL alone', async () => {
  hold().release()
  const before = bot.callbacks.received.length
  const card = await say(app, 'lee', '오늘 메뉴', { callbackUrl: `https://${bot.callbacks.host}/v1/callback/two` })

  assert.match(textOf(card), /등록된 메뉴가 없어요/)
  assert.equal(bot.callbacks.received.length, before)
})

test('without a callback URL that may be used, a card says that it takes longer before Kakao gives up', async () => {
  const { release } = hold()
  const before = bot.callbacks.received.length
  const cards = await Promise.all([
    say(app, 'lee', '오늘 메뉴'),
    say(app, 'lee', '오늘 메뉴', { callbackUrl: `http://${bot.callbacks.host}/x` }),
    say(app, 'lee', '오늘 메뉴', { callbackUrl: `https://x@${bot.callbacks.host}/x`, lang: 'en' }),
  ])
  release()

  const [plain, unsafe, english] = cards.map(textOf)
  assert.match(plain ?? '', /^시간이 더 걸리고/)
  assert.match(unsafe ?? '', /^시간이 더 걸리고/)
  assert.match(english ?? '', /^This takes longer/)
  assert.equal(bot.callbacks.received.length, before)
})

test('a closing process sees through what it owes', async () => {
  const closing = bot.start()
  const { release } = hold()
  await say(closing, 'lee', '오늘 메뉴', { callbackUrl: `https://${bot.callbacks.host}/v1/callback/three` })
  const closed = closing.close()
  release()
  await closed

  const owed = bot.callbacks.received.filter(({ url }) => url === '/v1/callback/three')
  assert.equal(owed.length, 1)
})

test('a question that came just before the end is promised an answer, which arrives before the process is gone', async () => {
  const closing = bot.start()
  const address = await closing.listen({ port: 0, host: '127.0.0.1' })
  const { release } = hold()
  const reached = once(bot.gateway.server, 'request')
  const callbackUrl = `https://${bot.callbacks.host}/v1/callback/four`
  const asking = fetch(`${address}${BASE_PATH}/skill`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-kakao-skill-secret': SKILL_SECRET },
    body: JSON.stringify(skillRequest('lee', '오늘 메뉴', { callbackUrl })),
  })
  await reached
  const closed = closing.close()
  const card = (await (await asking).json()) as Card
  release()
  await closed

  assert.equal(card.useCallback, true)
  const owed = bot.callbacks.received.filter(({ url }) => url === '/v1/callback/four')
  assert.match(textOf(owed[0]?.card ?? assert.fail()), /등록된 메뉴가 없어요/)
})

test('a callback host that does not answer harms nobody', async () => {
  const { release } = hold()
  const gone = bot.start({ env: { KAKAO_CALLBACK_HOSTS: 'localhost:1' } })
  const first = await say(gone, 'lee', '오늘 메뉴', { callbackUrl: 'https://localhost:1/x' })
  release()

  assert.equal(first.useCallback, true)
  await gone.close()
  await eventually(async () => textOf(await say(app, 'lee', '오늘 메뉴')) !== '')
})
