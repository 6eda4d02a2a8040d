import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { chatbotJourney } from '@munjigi/embedded/chatbot-journey'
import { houseSecrets } from '@munjigi/embedded/secrets'
import { eventually } from '@munjigi/testing/eventually'
import { chatsOf, newAccount, newChat, serve } from './chats.ts'
import { type TestHouse, testHouse } from './house.ts'

const DISH = '들깨수제비'
/** Longer than an access token lives, with the minute before its end in which it is renewed. */
const LATER_MS = 250_000

let house: TestHouse
let chats: ReturnType<typeof chatsOf>

before(async () => {
  house = await testHouse({ ownRealm: true })
  chats = chatsOf(house)
  await serve(DISH, house.door)
})
after(() => house?.[Symbol.asyncDispose]())

const readsMenu = (chat: string) => chats.readsMenu(chat, DISH)
const offeredTo = async (chat: string) => (await chats.say(chat, '오늘 메뉴')).link

test('a person logs in once by a link and the chatbot acts for them until the login ends: what the demo shows', async () => {
  const person = { ...(await newAccount(house.provider)), chat: newChat() }
  const steps: string[] = []
  const journey = chatbotJourney({
    door: house.door,
    gateway: house.addresses.gateway,
    messenger: house.messenger,
    database: house.databases.chatbot,
    secrets: houseSecrets(house.folder),
    person,
    dish: DISH,
    advance: house.advance,
    endOfflineSessions: house.provider.endOfflineSessions,
  })
  for await (const { says, answer } of journey) steps.push(`${says}: ${answer}`)

  assert.equal(steps.length, 8)
  // Ten fields and a database are shown, and nobody could act by what is shown.
  assert.doesNotMatch(steps.join('\n'), /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/)
})

test('a login that ends at the IdP without a word is found dead at the next renewal, and a new link is offered', async () => {
  const { chat, username } = await chats.linked()
  await readsMenu(chat)

  // As an administrator does who disables somebody for good: the chatbot is told nothing.
  await house.provider.revokeRole(username, 'offline_access')
  await readsMenu(chat)
  house.advance(LATER_MS)
  const offered = await offeredTo(chat)
  house.advance(-LATER_MS)
  assert.ok(offered)
})

test('signing out at the chatbot ends the login at the IdP, and the link is free for somebody else', async () => {
  const { chat } = await chats.linked()
  await chats.say(chat, '로그아웃')

  const ended = await chats.logIn(await chats.linkFor(chat), await newAccount(house.provider))
  assert.equal(ended.status, 200)
  await readsMenu(chat)
})

test('one account is not linked to a second chat, and whoever tries is told so on a page', async () => {
  const { chat, ...account } = await chats.linked()

  const other = newChat()
  const refused = await chats.logIn(await chats.linkFor(other), account)
  assert.equal(refused.status, 502)
  assert.match(refused.text, /callback_invalid_status/)
  await readsMenu(chat)
  assert.ok(await offeredTo(other))
})

test('a skill request without the messenger’s secret is nobody’s', async () => {
  const body = { bot: { id: 'munjigi-house' }, userRequest: { utterance: '오늘 메뉴' } }
  const refused = await house.ask('POST', '/api/kakao-bot/skill', { body })

  assert.equal(refused.status, 401)
})

/** The messenger says that somebody left, by the name that its app has for them. */
const unlink = (chat: string, key: string) => {
  const fields = { app_id: '1', user_id: house.messenger.appUserIdOf(chat), referrer_type: 'UNLINK_FROM_APPS' }
  const headers = { authorization: `KakaoAK ${key}` }
  return house.ask('GET', `/api/auth-relay/webhooks/kakao/unlink?${new URLSearchParams(fields)}`, { headers })
}

test('the messenger’s unlink notice, shown with its key, ends what the chatbot may do', async () => {
  const { chat } = await chats.linked()
  const { messengerKey } = houseSecrets(house.folder)

  assert.equal((await unlink(chat, 'x'.repeat(43))).status, 200)
  await readsMenu(chat)
  assert.equal((await unlink(chat, messengerKey)).status, 200)
  // The relay tells the chatbot behind the webhook's back.
  await eventually(async () => assert.ok(await offeredTo(chat)))
})

test('a link that was given to somebody who then left the messenger leads nowhere', async () => {
  const chat = newChat()
  const link = await chats.linkFor(chat)
  await unlink(chat, houseSecrets(house.folder).messengerKey)

  await eventually(async () => {
    const { page } = await chats.open(link)
    assert.equal(page.status, 400)
    assert.match(page.text, /invalid_or_expired_link/)
  })
})
