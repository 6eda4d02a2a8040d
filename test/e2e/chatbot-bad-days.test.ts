import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import type { Restaurant } from '@munjigi/contracts/meal'
import { openLoginLink } from '@munjigi/embedded/login-link'
import { dayIn } from '@munjigi/embedded/seed'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { until } from './patience.ts'
import { type SeparateHouse, separateHouse } from './separate-house.ts'

const { MUNJIGI_TEST_DATABASE_URL, MUNJIGI_TEST_REDIS_URL } = process.env
const LIMIT = { timeout: 90_000 }
const skip = MUNJIGI_TEST_DATABASE_URL === undefined || MUNJIGI_TEST_REDIS_URL === undefined
const DISH = '도토리묵밥'
const TRY_AGAIN = /잠시 뒤/

suite('bad days of relay and chatbot, in processes of their own on PostgreSQL and Redis', { skip }, () => {
  let house: SeparateHouse

  before(async () => {
    house = await separateHouse(MUNJIGI_TEST_DATABASE_URL as string)
    const { door } = house.gateway
    const token = await door.signIn('admin.park', SEEDED_PASSWORD)
    const place = { name: '궂은날 식당', location: '별관' }
    const { id } = await door.call<Restaurant>('POST', '/api/meal/v1/restaurants', token, place)
    const menu = { restaurant_id: id, date: dayIn('Asia/Seoul'), meal: 'lunch', dishes: [DISH] }
    await door.call('POST', '/api/meal/v1/menus', token, menu)
  })
  after(() => house?.[Symbol.asyncDispose]())

  const say = (chat: string, words: string) => house.messenger.say(chat, words)
  const open = (link: string) => openLoginLink(house.gateway.door, link)
  const newChat = () => `chat-${randomUUID()}`

  async function newPerson(): Promise<string> {
    const username = `e2e-${randomUUID()}`
    await house.provider.addUser({ username, password: 'pw' })
    return username
  }

  async function linkFor(chat: string): Promise<string> {
    const { link, text } = await say(chat, '로그인')
    assert.ok(link, text)
    return link
  }

  /** A chat whose person has logged in. */
  async function linkedChat(): Promise<string> {
    const chat = newChat()
    const ended = await (await (await open(await linkFor(chat))).goOn()).signIn(await newPerson(), 'pw')
    assert.equal(ended.status, 200, ended.text)
    return chat
  }

  const readsMenus = async (chat: string) => {
    const { text } = await say(chat, '오늘 메뉴')
    assert.ok(text.includes(DISH), text)
  }

  test('a relay that is killed while a person is at the IdP takes up their login again', LIMIT, async () => {
    const chat = newChat()
    const atIdp = await (await open(await linkFor(chat))).goOn()
    await house.restart('relay')

    const ended = await atIdp.signIn(await newPerson(), 'pw')
    assert.equal(ended.status, 200, ended.text)
    await readsMenus(chat)
  })

  test('a chatbot that is killed has its people afterwards', LIMIT, async () => {
    const chat = await linkedChat()
    await house.restart('chatbot')

    await readsMenus(chat)
  })

  for (const [how, fail, heal] of [
    ['is frozen', () => house.redis.signal('SIGSTOP'), () => house.redis.signal('SIGCONT')],
    ['is killed', () => house.redis.signal('SIGKILL'), () => house.redis.restart()],
  ] as const)
    test(`Redis ${how}: no login skips a check, who is linked goes on, and it passes by itself`, LIMIT, async (t) => {
      t.after(heal)
      const [linked, stranger] = [await linkedChat(), newChat()]
      const atIdp = await (await open(await linkFor(stranger))).goOn()
      const unopened = await linkFor(newChat())
      fail()

      const opened = await open(unopened)
      assert.equal(opened.page.status, 503)
      assert.match(opened.page.text, TRY_AGAIN)
      const ended = await atIdp.signIn(await newPerson(), 'pw')
      assert.equal(ended.status, 503)
      assert.match(ended.text, TRY_AGAIN)
      await readsMenus(linked)
      for (const [name, check] of [
        ['relay', 'auth-relay-store'],
        ['chatbot', 'chatbot-store'],
      ] as const) {
        const ready = await house.ready(name)
        assert.equal(ready.status, 503, name)
        assert.notEqual(ready.checks[check], 'ok', name)
      }
      await heal()
      for (const name of ['relay', 'chatbot'] as const) await until(() => house.ready(name), 200, 10_000)
      assert.equal((await open(unopened)).page.status, 200)
      await linkedChat()
    })

  test('Redis is emptied: who is linked stays so, a login under way begins again by its link', LIMIT, async () => {
    const [linked, stranger] = [await linkedChat(), newChat()]
    const link = await linkFor(stranger)
    const atIdp = await (await open(link)).goOn()
    await house.redis.flush()

    const person = await newPerson()
    assert.equal((await atIdp.signIn(person, 'pw')).status, 400)
    await readsMenus(linked)
    assert.equal((await (await (await open(link)).goOn()).signIn(person, 'pw')).status, 200)
    await readsMenus(stranger)
  })

  test(
    'PostgreSQL is frozen: the chatbot says to try again, brings no login, and it passes by itself',
    LIMIT,
    async (t) => {
      t.after(house.database.heal)
      const chat = await linkedChat()
      const stranger = newChat()
      const atIdp = await (await open(await linkFor(stranger))).goOn()
      const person = await newPerson()
      house.database.freeze()

      assert.match((await say(newChat(), '오늘 메뉴')).text, TRY_AGAIN)
      const ended = await atIdp.signIn(person, 'pw')
      assert.equal(ended.status, 502)
      assert.match(ended.text, /취소되었습니다/)
      house.database.heal()
      for (const name of ['chatbot', 'user', 'meal'] as const) await until(() => house.ready(name), 200, 5_000)
      await readsMenus(chat)
      assert.equal((await (await (await open(await linkFor(stranger))).goOn()).signIn(person, 'pw')).status, 200)
    },
  )

  for (const [how, fail] of [
    ['is gone', () => house.idp.cut()],
    ['hangs', () => house.idp.freeze()],
  ] as const)
    test(`the IdP ${how}: who is linked goes on, and nobody is unlinked by it`, LIMIT, async (t) => {
      t.after(house.idp.heal)
      const [chat, person] = [await linkedChat(), await newPerson()]
      const link = await linkFor(newChat())
      fail()
      // What it read of the IdP before would carry a link as far as the IdP's own page.
      await house.restart('relay')

      const opened = await open(link)
      assert.equal(opened.page.status, 503, opened.page.text)
      assert.match(opened.page.text, TRY_AGAIN)
      await readsMenus(chat)
      house.idp.heal()
      assert.equal((await (await (await open(link)).goOn()).signIn(person, 'pw')).status, 200)
    })

  test('relay and chatbot end by themselves when told to', LIMIT, async () => {
    for (const name of ['relay', 'chatbot'] as const) {
      const { child, exited, errors } = house.process(name)
      child.kill('SIGTERM')
      assert.equal(await exited, 0, errors())
    }
    const { text, link } = await say(newChat(), '로그인').catch((error: Error) => ({
      text: error.message,
      link: undefined,
    }))
    assert.equal(link, undefined)
    assert.match(text, /502/)
    await Promise.all([house.restart('relay'), house.restart('chatbot')])
    await linkedChat()
  })
})
