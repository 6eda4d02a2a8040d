import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Restaurant } from '@munjigi/contracts/meal'
import { chatbotJourney } from '@munjigi/embedded/chatbot-journey'
import { openLoginLink } from '@munjigi/embedded/login-link'
import { houseSecrets } from '@munjigi/embedded/secrets'
import { dayIn } from '@munjigi/embedded/seed'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { type TestHouse, testHouse } from './house.ts'

const DISH = '들깨수제비'
/** Longer than an access token lives, with the minute before its end in which it is renewed. */
const LATER_MS = 250_000

let house: TestHouse

before(async () => {
  house = await testHouse({ ownRealm: true })
  const token = await house.door.signIn('admin.park', SEEDED_PASSWORD)
  const { id } = await house.door.call<Restaurant>('POST', '/api/meal/v1/restaurants', token, {
    name: '여정 식당',
    location: '별관',
  })
  const menu = { restaurant_id: id, date: dayIn('Asia/Seoul'), meal: 'lunch', dishes: [DISH] }
  await house.door.call('POST', '/api/meal/v1/menus', token, menu)
})
after(() => house?.[Symbol.asyncDispose]())

/** Somebody whom no gateway and no chatbot has seen, in a chat of their own. */
async function newPerson() {
  const username = `e2e-${randomUUID()}`
  await house.provider.addUser({ username, password: 'pw' })
  return { username, password: 'pw', chat: `chat-${randomUUID()}` }
}

const say = (chat: string, words: string) => house.messenger.say(chat, words)

async function linkFor(chat: string): Promise<string> {
  const { link, text } = await say(chat, '로그인')
  assert.ok(link, text)
  return link
}

async function logIn(link: string, { username, password }: { username: string; password: string }) {
  const opened = await openLoginLink(house.door, link)
  return (await opened.goOn()).signIn(username, password)
}

test('a person logs in once by a link and the chatbot acts for them until the login ends: what the demo shows', async () => {
  const person = await newPerson()
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

test('a login that ends at the IdP without a word is found dead at the next renewal, and a new link works', async () => {
  const person = await newPerson()
  await logIn(await linkFor(person.chat), person)
  assert.ok((await say(person.chat, '오늘 메뉴')).text.includes(DISH))

  // As an administrator does who disables somebody for good: the chatbot is told nothing.
  await house.provider.revokeRole(person.username, 'offline_access')
  assert.equal((await say(person.chat, '오늘 메뉴')).link, undefined)
  house.advance(LATER_MS)
  const refused = await say(person.chat, '오늘 메뉴')
  house.advance(-LATER_MS)
  assert.ok(refused.link, refused.text)
})

test('signing out at the chatbot ends the login at the IdP, and the link is free for somebody else', async () => {
  const [first, second] = [await newPerson(), await newPerson()]
  await logIn(await linkFor(first.chat), first)
  await say(first.chat, '로그아웃')

  const link = await linkFor(first.chat)
  const ended = await logIn(link, second)
  assert.equal(ended.status, 200)
  assert.ok((await say(first.chat, '오늘 메뉴')).text.includes(DISH))
})

test('one account is not linked to a second chat, and whoever tries is told so on a page', async () => {
  const person = await newPerson()
  await logIn(await linkFor(person.chat), person)

  const other = `chat-${randomUUID()}`
  const refused = await logIn(await linkFor(other), person)
  assert.equal(refused.status, 502)
  assert.match(refused.text, /callback_invalid_status/)
  assert.ok((await say(person.chat, '오늘 메뉴')).text.includes(DISH))
  assert.ok((await say(other, '오늘 메뉴')).link)
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
  const person = await newPerson()
  await logIn(await linkFor(person.chat), person)
  const { messengerKey } = houseSecrets(house.folder)

  assert.equal((await unlink(person.chat, 'x'.repeat(43))).status, 200)
  assert.ok((await say(person.chat, '오늘 메뉴')).text.includes(DISH))
  assert.equal((await unlink(person.chat, messengerKey)).status, 200)
  while ((await say(person.chat, '오늘 메뉴')).link === undefined);
})

test('a link that was given to somebody who then left the messenger leads nowhere', async () => {
  const person = await newPerson()
  const link = await linkFor(person.chat)
  await unlink(person.chat, houseSecrets(house.folder).messengerKey)

  const { page } = await openLoginLink(house.door, link)
  assert.equal(page.status, 400)
  assert.match(page.text, /invalid_or_expired_link/)
})
