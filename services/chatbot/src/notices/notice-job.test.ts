import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, beforeEach, test } from 'node:test'
import { claimsOf } from '@munjigi/chatbot-sdk/token-claims'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { headerOf } from '@munjigi/testing/upstream'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { BOT_ID, loginLinkOf, say, textOf } from '../kakao/kakao.fixture.ts'
import { dayOf } from '../local-time.ts'
import { type Answers, eventually, LOGIN_LINK, refusal, testChatbot } from '../service.fixture.ts'

const bot = await testChatbot()
after(bot.close)
const today = dayOf(Date.now())
const noon = () => Date.parse(`${today}T12:00:00+09:00`)
/** Not its hour yet. */
const app = bot.start({ env: { NOTICE_AT: '23:00' }, now: noon })
const student = { id: randomUUID(), name: '학생식당', location: '' }
const staff = { id: randomUUID(), name: '교직원식당', location: '' }
const lunch = {
  id: randomUUID(),
  restaurant_id: student.id,
  date: today,
  meal: 'lunch',
  dishes: ['김치찌개'],
  price: null,
}
const TALK = `POST /v2/bots/${BOT_ID}/talk`

let told: { person: string; text: string }[] = []

Object.assign(bot.gateway.answers, {
  'GET /api/meal/v1/restaurants': () => [200, { restaurants: [student, staff] }],
  'GET /api/meal/v1/menus': ({ url }) => [200, { menus: url.searchParams.get('date') === today ? [lunch] : [] }],
} satisfies Answers)

beforeEach(async () => {
  told = []
  bot.gateway.answers['GET /api/meal/v1/administered-restaurants'] = () => [200, { restaurants: [] }]
  await bot.db.deleteFrom('user_map').execute()
  bot.kakao.answers[TALK] = ({ body }) => {
    const { event, user } = JSON.parse(body)
    told.push({ person: user[0].id, text: event.data.text })
    return [200, { taskId: 't', status: 'SUCCESS' }]
  }
})

const logins = bot.start()

/** Somebody who asked for notices. */
async function subscriber(): Promise<{ person: string; sub: string }> {
  const person = `chat-${randomUUID()}`
  const sub = await bot.idp.addUser({ username: person, password: SEEDED_PASSWORD })
  await bot.logIn(logins, person, person)
  assert.match(textOf(await say(app, person, '메뉴 알림 켜기')), /23:00부터/)
  return { person, sub }
}

const started: FastifyInstance[] = []
afterEach(() => Promise.all(started.map((process) => process.close())))

/** A process in whose hour this is: it looks as soon as it is ready. */
async function startAtNoon(): Promise<FastifyInstance> {
  const process = bot.start({ env: { NOTICE_AT: '11:30' }, now: noon })
  started.push(process)
  await process.ready()
  return process
}
const noticesOf = async (process: FastifyInstance): Promise<string[]> =>
  (await process.inject('/metrics')).body.split('\n').filter((line) => line.startsWith('chatbot_notices_total{'))
/** Looks to the end: whoever else is due is told beside the one who just asked. */
async function lookOnce(): Promise<void> {
  const { person } = await subscriber()
  const process = await startAtNoon()
  await eventually(() => told.some((notice) => notice.person === person))
  await process.close()
  told = told.filter((notice) => notice.person !== person)
}
const toldPeople = () => told.map(({ person }) => person).sort()

test('who asked is told once, whatever many processes there are and however often they look', async () => {
  const people = [await subscriber(), await subscriber(), await subscriber()].map(({ person }) => person)
  const processes = await Promise.all([startAtNoon(), startAtNoon(), startAtNoon()])
  await eventually(() => told.length >= people.length)
  await Promise.all(processes.map((process) => process.close()))
  await lookOnce()

  assert.deepEqual(toldPeople(), people.toSorted())
  assert.equal(told[0]?.text, `${today} 메뉴\n\n학생식당\n점심: 김치찌개`)
})

test('the account asks by its real sub, and acting for a person by theirs', async () => {
  const cook = await subscriber()
  bot.gateway.answers['GET /api/meal/v1/administered-restaurants'] = ({ sub }) => [
    200,
    { restaurants: sub === cook.sub ? [staff] : [] },
  ]
  const before = bot.gateway.requests.length
  await startAtNoon()
  await eventually(() => told.length === 1)
  const asked = bot.gateway.requests.slice(before).map((request) => ({
    path: request.url.split('?')[0],
    sub: headerOf(request, 'x-user-sub'),
    token: claimsOf(headerOf(request, 'authorization')?.slice('Bearer '.length) ?? ''),
  }))
  const [menus] = asked

  assert.ok(told[0]?.text.endsWith('\n\n관리 식당: 교직원식당'))
  assert.ok(asked.every(({ token }) => token?.azp === 'notice-service' && token.sub === menus?.sub))
  assert.deepEqual(
    asked.map(({ path, sub }) => [path, sub]),
    [
      ['/api/meal/v1/menus', menus?.token?.sub],
      ['/api/meal/v1/restaurants', menus?.token?.sub],
      ['/api/meal/v1/administered-restaurants', cook.sub],
    ],
  )
})

test('people whom user does not know, or for whom nobody may act, get the notice without it', async () => {
  const [unknown, administrator] = [await subscriber(), await subscriber()]
  bot.gateway.answers['GET /api/meal/v1/administered-restaurants'] = ({ sub }) =>
    refusal(403, sub === unknown.sub ? 'unknown-person' : 'acting-refused')
  await startAtNoon()
  await eventually(() => told.length === 2)

  assert.deepEqual(toldPeople(), [unknown.person, administrator.person].sort())
  assert.ok(told.every(({ text }) => !text.includes('관리 식당')))
})

test('who could not be told is told by a later look, and counted', async () => {
  const { person } = await subscriber()
  const { [TALK]: usual } = bot.kakao.answers
  bot.kakao.answers[TALK] = () => [503, {}]
  const failing = await startAtNoon()
  await eventually(async () => (await noticesOf(failing)).length > 0)
  assert.match((await noticesOf(failing)).join(), /outcome="failed".* 1$/)
  await failing.close()
  if (usual) bot.kakao.answers[TALK] = usual
  await lookOnce()
  assert.deepEqual(told, [])

  await bot.db.updateTable('notice_subscriptions').set({ try_after: sql`now()` }).execute()
  const later = await startAtNoon()
  await eventually(async () => (await noticesOf(later)).length > 0)
  assert.deepEqual(toldPeople(), [person])
})

test('where meal cannot say what a person administers nobody is told half of it', async () => {
  await subscriber()
  bot.gateway.answers['GET /api/meal/v1/administered-restaurants'] = () => refusal(503, 'access-unknown')
  const process = await startAtNoon()
  await eventually(async () => (await noticesOf(process)).length > 0)

  assert.match((await noticesOf(process)).join(), /outcome="failed".* 1$/)
  assert.deepEqual(told, [])
})

test('before its hour, long after it, and on a day without menus nobody is told', async () => {
  await subscriber()
  const asked = bot.gateway.requests.length
  for (const NOTICE_AT of ['12:01', '08:59']) {
    const process = bot.start({ env: { NOTICE_AT }, now: noon })
    await process.ready()
    await process.close()
  }
  assert.equal(bot.gateway.requests.length, asked)

  const tomorrow = () => noon() + 24 * 3_600_000
  const process = bot.start({ env: { NOTICE_AT: '11:30' }, now: tomorrow })
  await process.ready()
  await process.close()
  const paths = bot.gateway.requests.slice(asked).map(({ url }) => url.split('?')[0])
  assert.deepEqual(paths, ['/api/meal/v1/menus'])
  assert.deepEqual(told, [])
})

test('who turns notices off, signs out, or was never linked is not told', async () => {
  const [off, out] = [await subscriber(), await subscriber()]
  await say(app, off.person, '메뉴 알림 끄기')
  await say(app, out.person, '로그아웃')
  assert.equal(loginLinkOf(await say(app, 'stranger', '메뉴 알림 켜기')), LOGIN_LINK)
  await lookOnce()

  assert.deepEqual(told, [])
})

test('who signs out, or whose chat goes to another, while the notice is written is not told', async () => {
  const [leaves, moves] = [await subscriber(), await subscriber()]
  bot.gateway.answers['GET /api/meal/v1/administered-restaurants'] = async ({ sub }) => {
    if (sub === leaves.sub) await say(app, leaves.person, '로그아웃')
    if (sub === moves.sub)
      await bot.db.updateTable('user_map').set({ keycloak_sub: 'other' }).where('keycloak_sub', '=', sub).execute()
    return [200, { restaurants: [staff] }]
  }
  await lookOnce()

  assert.deepEqual(told, [])
})

test('at midnight nobody is told the menus of the day before any more', async () => {
  const people = [await subscriber(), await subscriber()]
  for (let more = people.length; more < 12; more += 1) await subscriber()
  let clock = Date.parse(`${today}T23:59:59+09:00`)
  const { [TALK]: usual } = bot.kakao.answers
  bot.kakao.answers[TALK] = (asked) => {
    clock += 1_000
    return usual?.(asked) ?? assert.fail()
  }
  const process = bot.start({ env: { NOTICE_AT: '23:00' }, now: () => clock })
  started.push(process)
  await process.ready()
  await eventually(() => told.length >= 10)
  await process.close()

  assert.equal(told.length, 10)
})

test('where no notices are sent nobody is promised any', async () => {
  const { person } = await subscriber()

  assert.match(textOf(await say(logins, person, '메뉴 알림 켜기')), /보내지 않고 있어요/)
})
