import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { eventually } from '@munjigi/testing/eventually'
import { chatsOf, newAccount, newChat, serve } from './chats.ts'
import { until } from './patience.ts'
import type { SeparateHouse } from './separate-house.ts'

const DISH = '도토리묵밥'
const TRY_AGAIN = /잠시 뒤/

export const chatbotBadDays = (open: () => SeparateHouse) =>
  suite('bad days of relay and chatbot', () => {
    let house: SeparateHouse
    let chats: ReturnType<typeof chatsOf>

    before(async () => {
      house = open()
      chats = chatsOf({ ...house, door: house.gateway.door })
      await serve(DISH, house.gateway.door)
    })

    const readsMenu = (chat: string) => chats.readsMenu(chat, DISH)

    /** Somebody whose browser stands before the IdP's form, and the link that led there. */
    async function atIdp() {
      const [chat, { username, password }] = [newChat(), await newAccount(house.provider)]
      const link = await chats.linkFor(chat)
      const idp = await (await chats.open(link)).goOn()
      return {
        chat,
        signIn: () => idp.signIn(username, password),
        beginAnew: () => chats.logIn(link, { username, password }),
      }
    }

    test('a relay that is killed while a person is at the IdP takes up their login again', async () => {
      const person = await atIdp()
      await house.restart('relay')

      const ended = await person.signIn()
      assert.equal(ended.status, 200, ended.text)
      await readsMenu(person.chat)
    })

    test('a chatbot that is killed has its people afterwards', async () => {
      const { chat } = await chats.linked()
      await house.restart('chatbot')

      await readsMenu(chat)
    })

    for (const [how, fail, heal] of [
      ['is frozen', () => house.redis.signal('SIGSTOP'), () => house.redis.signal('SIGCONT')],
      ['is killed', () => house.redis.signal('SIGKILL'), () => house.redis.restart()],
    ] as const)
      test(`Redis ${how}: no login skips a check, who is linked goes on, and it passes by itself`, async (t) => {
        t.after(heal)
        const [linked, stranger] = [await chats.linked(), await atIdp()]
        const unopened = await chats.linkFor(newChat())
        fail()

        const opened = await chats.open(unopened)
        assert.equal(opened.page.status, 503)
        assert.match(opened.page.text, TRY_AGAIN)
        const ended = await stranger.signIn()
        assert.equal(ended.status, 503)
        assert.match(ended.text, TRY_AGAIN)
        await readsMenu(linked.chat)
        for (const [name, check] of [
          ['relay', 'auth-relay-store'],
          ['chatbot', 'chatbot-store'],
        ] as const) {
          const ready = await house.ready(name)
          assert.equal(ready.status, 503, name)
          assert.notEqual(ready.checks[check], 'ok', name)
        }
        await heal()
        for (const name of ['relay', 'chatbot'] as const) await until(() => house.ready(name), 200)
        assert.equal((await chats.open(unopened)).page.status, 200)
        await chats.linked()
      })

    test('Redis is emptied: who is linked stays so, a login under way begins again by its link', async () => {
      const [linked, stranger] = [await chats.linked(), await atIdp()]
      await house.redis.flush()

      assert.equal((await stranger.signIn()).status, 400)
      await readsMenu(linked.chat)
      assert.equal((await stranger.beginAnew()).status, 200)
      await readsMenu(stranger.chat)
    })

    test('PostgreSQL is frozen: the chatbot says to try again, brings no login, and it passes by itself', async (t) => {
      t.after(house.database.heal)
      const [linked, stranger] = [await chats.linked(), await atIdp()]
      house.database.freeze()

      assert.match((await chats.say(newChat(), '오늘 메뉴')).text, TRY_AGAIN)
      const ended = await stranger.signIn()
      assert.equal(ended.status, 502)
      assert.match(ended.text, /취소되었습니다/)
      house.database.heal()
      for (const name of ['chatbot', 'user', 'meal'] as const) await until(() => house.ready(name), 200)
      await eventually(() => readsMenu(linked.chat))
      assert.equal((await stranger.beginAnew()).status, 200)
    })

    for (const [how, fail] of [
      ['is gone', () => house.idp.cut()],
      ['hangs', () => house.idp.freeze()],
    ] as const)
      test(`the IdP ${how}: who is linked goes on, and nobody is unlinked by it`, async (t) => {
        t.after(house.idp.heal)
        const [{ chat }, account] = [await chats.linked(), await newAccount(house.provider)]
        const link = await chats.linkFor(newChat())
        fail()
        // What it read of the IdP before would carry a link as far as the IdP's own page.
        await house.restart('relay')

        const opened = await chats.open(link)
        assert.equal(opened.page.status, 503, opened.page.text)
        assert.match(opened.page.text, TRY_AGAIN)
        await readsMenu(chat)
        house.idp.heal()
        assert.equal((await chats.logIn(link, account)).status, 200)
      })

    test('relay and chatbot end by themselves when told to', async () => {
      for (const name of ['relay', 'chatbot'] as const) {
        const { child, exited, written } = house.process(name)
        child.kill('SIGTERM')
        assert.equal(await exited, 0, written())
      }
      await assert.rejects(chats.say(newChat(), '로그인'), /502/)
      await Promise.all([house.restart('relay'), house.restart('chatbot')])
      await chats.linked()
    })
  })
