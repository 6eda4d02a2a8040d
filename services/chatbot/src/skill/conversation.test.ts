import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { headerOf } from '@munjigi/testing/upstream'
import { loginLinkOf, say, textOf } from '../kakao/kakao.fixture.ts'
import { LOGIN_LINK, refusal, testChatbot } from '../service.fixture.ts'

const bot = await testChatbot()
after(bot.close)
const app = bot.start()

const [student, staff] = [
  { id: randomUUID(), name: '학생식당', location: '본관 1층' },
  { id: randomUUID(), name: '교직원 식당', location: '' },
]
const lunch = (restaurant_id: string, dishes: string[], price: number | null) => ({
  id: randomUUID(),
  restaurant_id,
  date: '2026-11-21',
  meal: 'lunch',
  dishes,
  price,
  updated_at: '2026-11-20T00:00:00.000Z',
})
Object.assign(bot.gateway.answers, {
  'GET /api/meal/v1/restaurants': () => [200, { restaurants: [staff, student] }],
  'GET /api/meal/v1/menus': () => [200, { menus: [lunch(student.id, ['김치찌개', '밥'], 6500)] }],
})

/** People of the realm, each with one chat. */
const people: Record<string, string> = {}
async function chatOf(username: string): Promise<string> {
  const known = people[username]
  if (known !== undefined) return known
  const person = `chat-${username}`
  await bot.logIn(app, username, person)
  people[username] = person
  return person
}

test('who is not linked is given a login link of their own', async () => {
  const card = await say(app, 'new-person', '로그인')
  const asked = JSON.parse(bot.relay.requests.at(-1)?.body ?? '')

  assert.equal(loginLinkOf(card), LOGIN_LINK)
  assert.deepEqual(
    [asked.chatbot_user_id, asked.client_key, asked.callback_url],
    ['new-person', 'kakao-bot', 'https://app.example.com/api/kakao-bot/users/callback'],
  )
  for (const question of ['내 정보', '오늘 메뉴', '메뉴 등록 학생식당 점심 밥'])
    assert.equal(loginLinkOf(await say(app, 'new-person', question)), LOGIN_LINK, question)
})

test('who speaks through Kakao’s skill tester is somebody, and the bot’s own key goes before any other name', async () => {
  const askedFor = async (user: object) => {
    assert.equal(loginLinkOf(await say(app, 'x', '로그인', { user })), LOGIN_LINK)
    return JSON.parse(bot.relay.requests.at(-1)?.body ?? '').chatbot_user_id
  }

  assert.equal(await askedFor({ id: '138628', type: 'accountId', properties: {} }), '138628')
  assert.equal(await askedFor({ id: '138629' }), '138629')
  assert.equal(await askedFor({ id: '138630', type: 'accountId', properties: { botUserKey: 'key' } }), 'key')
  assert.match(textOf(await say(app, 'x', '로그인', { user: { id: 'y', type: 'of tomorrow' } })), /1:1 채팅방/)
})

test('the login card has the picture that is configured', async () => {
  const KAKAO_LOGIN_IMAGE_URL = 'https://app.example.com/login.png'
  const plain = await say(app, 'new-person', '로그인')
  const pictured = await say(bot.start({ env: { KAKAO_LOGIN_IMAGE_URL } }), 'new-person', '로그인')

  assert.equal(plain.template.outputs[0]?.basicCard?.thumbnail, undefined)
  assert.deepEqual(pictured.template.outputs[0]?.basicCard?.thumbnail, { imageUrl: KAKAO_LOGIN_IMAGE_URL })
})

test('after a login the bot acts for the person: through the gateway, with their token and sub', async () => {
  const person = await chatOf('user.lee')
  const card = await say(app, person, ' 오늘  메뉴 '.normalize('NFD'))
  const request = bot.gateway.requests.findLast(({ url }) => url.startsWith('/api/meal/v1/menus'))
  const { keycloak_sub } = await bot.db
    .selectFrom('user_map')
    .select('keycloak_sub')
    .where('kakao_id', '=', person)
    .executeTakeFirstOrThrow()

  assert.match(textOf(card), /학생식당\(본관 1층\)\n점심: 김치찌개, 밥 · 6,500원/)
  assert.match(headerOf(request, 'authorization') ?? '', /^Bearer ey/)
  assert.equal(headerOf(request, 'x-user-sub'), keycloak_sub)
  assert.ok(!(await say(app, person, '로그인')).template.outputs[0]?.basicCard)
})

test('today is the day in Korea', async () => {
  const person = await chatOf('user.lee')
  const midnight = Date.now() + 24 * 3_600_000
  const inKorea = new Date(midnight + 9 * 3_600_000).toISOString().slice(0, 10)
  await say(bot.start({ now: () => midnight }), person, '오늘 메뉴')

  const request = bot.gateway.requests.findLast(({ url }) => url.startsWith('/api/meal/v1/menus'))
  assert.equal(new URL(request?.url ?? '', 'http://x').searchParams.get('date'), inKorea)
})

test('a day without menus is said so', async (t) => {
  const person = await chatOf('user.lee')
  bot.gateway.replace(t, 'GET /api/meal/v1/menus', () => [200, { menus: [] }])

  assert.match(textOf(await say(app, person, '오늘 메뉴')), /등록된 메뉴가 없어요/)
})

test('who the person is comes from the platform, and for people whom it does not know from their token', async () => {
  const person = await chatOf('user.lee')
  bot.gateway.answers['GET /api/auth/v1/me'] = () => refusal(403, 'unknown-person')
  const byToken = textOf(await say(app, person, '내 정보'))
  const me = {
    user_id: 'user.lee',
    username_kr: '이서준',
    username_en: '',
    deptname_kr: '플랫폼개발팀',
    deptname_en: '',
  }
  bot.gateway.answers['GET /api/auth/v1/me'] = () => [200, me]
  const byPlatform = textOf(await say(app, person, '내 정보'))
  const inEnglish = textOf(await say(app, person, '내 정보', { lang: 'en' }))

  assert.match(byToken, /\(user\.lee\)\n연결한 날: \d{4}-\d\d-\d\d$/)
  assert.match(byPlatform, /^이서준 \(user\.lee\)\n플랫폼개발팀\n연결한 날/)
  assert.match(inEnglish, /^이서준 \(user\.lee\)\nLinked since/)
})

test('a menu is added in the name of who says it', async () => {
  const person = await chatOf('meal.choi')
  bot.gateway.answers['POST /api/meal/v1/menus'] = () => [201, lunch(staff.id, [], null)]
  const card = await say(app, person, '메뉴 등록 교직원식당 점심 비빔밥, 국 7,000원')
  const request = bot.gateway.requests.findLast(({ method }) => method === 'POST')
  const { date, ...menu } = JSON.parse(request?.body ?? '')

  assert.match(textOf(card), /^교직원 식당 오늘 점심 메뉴를 등록했어요.\n비빔밥, 국 · 7,000원$/)
  assert.deepEqual(menu, { restaurant_id: staff.id, meal: 'lunch', dishes: ['비빔밥', '국'], price: 7000 })
  assert.match(date, /^\d{4}-\d\d-\d\d$/)
  assert.match(headerOf(request, 'x-user-sub') ?? '', /^\S+$/)
})

test('a menu that cannot be added is said why', async () => {
  const person = await chatOf('meal.choi')
  const added = () => bot.gateway.requests.filter(({ method }) => method === 'POST').length
  const before = added()
  assert.match(textOf(await say(app, person, '메뉴 등록')), /이렇게 써 주세요/)
  assert.match(textOf(await say(app, person, '메뉴 등록 없는식당 점심 밥')), /학생식당\(본관 1층\)/)
  assert.equal(added(), before)

  const refusals: [status: number, type: string, said: RegExp][] = [
    [403, 'menu-right-required', /권한이 없어요/],
    [409, 'menu-exists', /이미 있어요/],
    [400, 'invalid-request', /등록할 수 없어요/],
    [503, 'unavailable', /잠시 뒤에/],
  ]
  for (const [status, type, said] of refusals) {
    bot.gateway.answers['POST /api/meal/v1/menus'] = () => refusal(status, type)
    assert.match(textOf(await say(app, person, '메뉴 등록 학생식당 점심 밥')), said, type)
  }
})

test('restaurants of one name are told apart by their place', async (t) => {
  const person = await chatOf('meal.choi')
  const branch = { id: randomUUID(), name: '학생식당', location: '별관' }
  bot.gateway.replace(t, 'GET /api/meal/v1/restaurants', () => [200, { restaurants: [student, branch] }])
  bot.gateway.answers['POST /api/meal/v1/menus'] = () => [201, lunch(branch.id, [], null)]
  const unclear = textOf(await say(app, person, '메뉴 등록 학생식당 점심 밥'))
  const clear = textOf(await say(app, person, '메뉴 등록 학생식당(별관) 점심 밥'))

  assert.match(unclear, /학생식당\(본관 1층\), 학생식당\(별관\)/)
  assert.match(clear, /^학생식당\(별관\) 오늘 점심/)
})

test('in a group nobody is shown a login link or anything of their own', async () => {
  const [linked, stranger] = [await chatOf('user.lee'), 'stranger']
  const group = { id: 'g', type: 'botGroupKey', properties: { botGroupKey: 'g' } }
  const offered = bot.relay.requests.length
  for (const person of [linked, stranger])
    for (const text of ['로그인', '로그아웃', '내 정보', '메뉴 등록 학생식당 점심 밥', '메뉴 알림 켜기', '안녕']) {
      const card = await say(app, person, text, { chat: group })
      assert.match(textOf(card), /1:1 채팅방/, text)
      assert.equal(card.template.quickReplies, undefined)
    }

  assert.match(textOf(await say(app, linked, '오늘 메뉴', { chat: group })), /학생식당/)
  assert.match(textOf(await say(app, stranger, '오늘 메뉴', { chat: group })), /1:1 채팅방/)
  for (const properties of [{ botGroupKey: 'g' }, { bot_group_key: 'g' }, { botGroupKey: 5 }]) {
    const byProperty = { id: stranger, type: 'botUserKey', properties }
    assert.match(textOf(await say(app, stranger, '로그인', { user: byProperty })), /1:1 채팅방/)
  }
  assert.match(textOf(await say(app, stranger, '로그인', { user: { id: 'g', type: 'botGroupKey' } })), /1:1 채팅방/)
  assert.equal(bot.relay.requests.length, offered)
})

test('people waiting for approval, or disabled, are told so, and nobody else is', async (t) => {
  const person = await chatOf('user.lee')
  let refusedAs = ''
  bot.gateway.replace(t, 'GET /api/meal/v1/menus', () => refusal(403, refusedAs))
  const said: [type: string, text: RegExp][] = [
    ['approval-pending', /승인/],
    ['account-disabled', /중지된 계정/],
    ['section-required', /권한이 없어요/],
  ]
  for (const [type, text] of said) {
    refusedAs = type
    assert.match(textOf(await say(app, person, '오늘 메뉴')), text, type)
    const inGroup = await say(app, person, '오늘 메뉴', { chat: { id: 'g', type: 'botGroupKey' } })
    assert.match(textOf(inGroup), /1:1 채팅방/, type)
  }
})

test('anything else is answered with what can be said', async () => {
  const card = await say(app, 'somebody', '뭐 할 수 있어?')
  const english = await say(app, 'somebody', 'hello', { lang: 'en-US' })

  assert.ok(card.template.quickReplies?.some(({ messageText }) => messageText === '오늘 메뉴'))
  assert.ok(card.template.quickReplies?.every(({ label }) => label.length <= 14))
  assert.match(textOf(english), /^Say one of these/)
  assert.ok(english.template.quickReplies?.some(({ messageText }) => messageText === '오늘 메뉴'))
})
