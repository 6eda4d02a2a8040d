import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { idpBrowser } from '@munjigi/dev-idp/idp-browser'
import { keyRing } from '@munjigi/sealing/fernet'
import type { TokenAnswer } from '@munjigi/testing/provider'
import { nextSecond, providerRequests } from '@munjigi/testing/provider-requests'
import type { Chatbot } from '../chatbot.ts'
import { chatbotHouse, sealingKey } from '../house.fixture.ts'
import { outcomeOf } from '../outcome.fixture.ts'
import { callbackOf, signed, unlinkNotice } from '../relay.fixture.ts'
import { openTokens } from '../tokens-at-rest.ts'
import type { UserMap } from '../user-map.ts'

const PASSWORD = 'a-long-password'
const SCOPE = 'openid offline_access'
const LINKED = 'accepted'

let house: Awaited<ReturnType<typeof chatbotHouse>>
before(async () => {
  house = await chatbotHouse()
})
after(() => house.close())

const newChat = () => `chat-${randomUUID()}`

async function newPerson() {
  const username = `link-${randomUUID()}`
  const sub = await house.provider.addUser({ username, password: PASSWORD })
  const logIn = (browser?: ReturnType<typeof idpBrowser>) =>
    house.provider.tokensOf(username, { scope: SCOPE, password: PASSWORD, ...(browser && { browser }) })
  return { username, sub, logIn }
}

/** The relay brings a login to a chatbot. */
function bring(chatbot: Chatbot, chat: string, tokens: TokenAnswer) {
  const { expires_in, refresh_expires_in } = tokens
  const payload = callbackOf(house.provider.issuer, tokens, { chatbot_user_id: chat, expires_in, refresh_expires_in })
  const { body, headers } = signed(payload)
  return chatbot.receiveCallback(Buffer.from(body), headers)
}

/** What the IdP answers a refresh of this very token. */
const refreshStatus = async (refresh_token: string) =>
  (await providerRequests(house.provider).refresh(refresh_token)).status

const tokensAtRest = async (chat: string) => {
  const row = await house.userMap.findByChat(chat)
  assert.ok(row)
  return openTokens(house.sealing, row)
}

test('a login that the relay brings links the chat, and the chatbot acts as that person', async () => {
  const chatbot = house.chatbot()
  const { sub, logIn } = await newPerson()
  const chat = newChat()
  const tokens = await logIn()
  const link = await bring(chatbot, chat, tokens)
  await chatbot.as(chat).fetch('meal', '/v1/menus')
  const row = await house.userMap.findByChat(chat)

  assert.deepEqual(
    { ...link, linked_at: undefined },
    { chatbot_user_id: chat, sub, is_alive: true, linked_at: undefined },
  )
  assert.deepEqual(await chatbot.linkOf(chat), link)
  assert.ok(house.gateway.requests.at(-1)?.rawHeaders.some(([, value]) => value === sub))
  assert.doesNotMatch(JSON.stringify(row), new RegExp(tokens.refresh_token.slice(0, 20)))
})

test('a call-back repeated with a new nonce is a success that changes nothing', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  const tokens = await logIn()
  await bring(chatbot, chat, tokens)
  house.answerNext((_request, response) => response.writeHead(401).end())
  await chatbot.as(chat).fetch('meal', '/v1/menus')
  const renewed = await tokensAtRest(chat)
  const revocations = house.proxy.count('revoke')

  assert.notEqual(renewed?.access_token, tokens.access_token)
  assert.equal(await outcomeOf(bring(chatbot, chat, tokens)), LINKED)
  assert.deepEqual(await tokensAtRest(chat), renewed)
  assert.equal(house.proxy.count('revoke'), revocations)
})

test('a newer login of the same pair takes the place of the older, which ends at the IdP', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  const former = await logIn()
  await bring(chatbot, chat, former)
  await nextSecond()
  const newer = await logIn()
  await bring(chatbot, chat, newer)

  assert.equal((await tokensAtRest(chat))?.refresh_token, newer.refresh_token)
  assert.equal(await refreshStatus(former.refresh_token), 400)
  assert.equal(await refreshStatus(newer.refresh_token), 200)
})

test('a newer login in the same session at the IdP is not ended with the older', async () => {
  const chatbot = house.chatbot()
  const { username, logIn } = await newPerson()
  const chat = newChat()
  const browser = idpBrowser()
  await house.provider.tokensOf(username, { scope: 'openid', password: PASSWORD, browser })
  await bring(chatbot, chat, await logIn(browser))
  await nextSecond()
  const newer = await logIn(browser)
  await bring(chatbot, chat, newer)

  assert.equal((await tokensAtRest(chat))?.refresh_token, newer.refresh_token)
  assert.equal(await refreshStatus(newer.refresh_token), 200)
})

test('a newer login is linked though the IdP cannot be told of the older', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  await bring(chatbot, chat, await logIn())
  await nextSecond()
  const newer = await logIn()
  house.proxy.next('revoke', 'frozen')

  assert.equal(await outcomeOf(bring(chatbot, chat, newer)), LINKED)
  assert.equal((await tokensAtRest(chat))?.refresh_token, newer.refresh_token)
})

test('an older login never takes the place of a newer', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  const older = await logIn()
  await nextSecond()
  const newer = await logIn()
  await bring(chatbot, chat, newer)

  assert.equal(await outcomeOf(bring(chatbot, chat, older)), '409 older-login')
  assert.equal((await tokensAtRest(chat))?.refresh_token, newer.refresh_token)
  assert.equal(await refreshStatus(newer.refresh_token), 200)
})

test('an older login in the session of the newer is no other login, and nobody ends it', async () => {
  const chatbot = house.chatbot()
  const { username, logIn } = await newPerson()
  const chat = newChat()
  const browser = idpBrowser()
  await house.provider.tokensOf(username, { scope: 'openid', password: PASSWORD, browser })
  const older = await logIn(browser)
  await nextSecond()
  const newer = await logIn(browser)
  await bring(chatbot, chat, newer)

  assert.equal(await outcomeOf(bring(chatbot, chat, older)), LINKED)
  assert.equal((await tokensAtRest(chat))?.refresh_token, newer.refresh_token)
  assert.equal(await refreshStatus(newer.refresh_token), 200)
})

test('a person is linked to one chat', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  await bring(chatbot, chat, await logIn())
  const another = newChat()

  assert.equal(await outcomeOf(bring(chatbot, another, await logIn())), '409 sub-linked-elsewhere')
  assert.equal(await chatbot.linkOf(another), undefined)
  assert.equal((await chatbot.linkOf(chat))?.is_alive, true)
})

test('a chat goes to another person only when the login before has ended', async () => {
  const chatbot = house.chatbot()
  const [first, second] = [await newPerson(), await newPerson()]
  const chat = newChat()
  await bring(chatbot, chat, await first.logIn())
  const { linked_at: linkedAt } = (await chatbot.linkOf(chat)) ?? assert.fail()
  const tokens = await second.logIn()

  assert.equal(await outcomeOf(bring(chatbot, chat, tokens)), '409 chat-linked-elsewhere')
  assert.equal((await chatbot.linkOf(chat))?.sub, first.sub)
  await house.provider.endOfflineSessions(first.username)
  assert.equal(await outcomeOf(bring(chatbot, chat, tokens)), LINKED)
  const { linked_at, ...link } = (await chatbot.linkOf(chat)) ?? assert.fail()
  assert.deepEqual(link, { chatbot_user_id: chat, sub: second.sub, is_alive: true })
  assert.ok(linked_at > linkedAt, 'it is as old as the link before')
  assert.equal(await house.userMap.findBySub(first.sub), undefined)
})

test('a chat of somebody whose account is disabled, or of whom the IdP cannot be asked, goes to nobody else', async () => {
  const chatbot = house.chatbot()
  const [first, second] = [await newPerson(), await newPerson()]
  const chat = newChat()
  await bring(chatbot, chat, await first.logIn())
  const tokens = await second.logIn()
  await house.provider.disableUser(first.username)

  assert.equal(await outcomeOf(bring(chatbot, chat, tokens)), '409 chat-linked-elsewhere')
  house.proxy.next('refresh_token', { status: 500, body: 'down' })
  assert.equal(await outcomeOf(bring(chatbot, chat, tokens)), '503 login-unavailable')
  assert.equal((await chatbot.linkOf(chat))?.sub, first.sub)
})

test('twenty people at once for one chat: one is linked, the others are refused', async () => {
  const chatbots = [house.chatbot(), house.chatbot()]
  const chat = newChat()
  const people = await Promise.all(Array.from({ length: 20 }, newPerson))
  const logins: TokenAnswer[] = []
  for (const { logIn } of people) logins.push(await logIn())
  const bringing = logins.map((tokens, at) => bring(chatbots[at % 2] as Chatbot, chat, tokens))
  const outcomes = await Promise.all(bringing.map(outcomeOf))

  assert.deepEqual(outcomes.sort(), [...Array(19).fill('409 chat-linked-elsewhere'), LINKED])
})

test('one person at once in twenty chats: one is linked, the others are refused', async () => {
  const chatbots = [house.chatbot(), house.chatbot()]
  const { sub, logIn } = await newPerson()
  const tokens = await logIn()
  const bringing = Array.from({ length: 20 }, (_, at) => bring(chatbots[at % 2] as Chatbot, newChat(), tokens))
  const outcomes = await Promise.all(bringing.map(outcomeOf))

  assert.deepEqual(outcomes.sort(), [...Array(19).fill('409 sub-linked-elsewhere'), LINKED])
  assert.ok(await house.userMap.findBySub(sub))
})

test('logins of one pair at once: whatever their order, the newest stays and works', async () => {
  const chatbots = [house.chatbot(), house.chatbot()]
  const { logIn } = await newPerson()
  const chat = newChat()
  const logins: TokenAnswer[] = []
  for (let count = 0; count < 4; count++) {
    logins.push(await logIn())
    await nextSecond()
  }
  const newest = logins.at(-1) as TokenAnswer
  const bringing = logins.map((tokens, at) => bring(chatbots[at % 2] as Chatbot, chat, tokens))
  const outcomes = await Promise.all(bringing.map(outcomeOf))

  for (const outcome of outcomes) assert.match(outcome, /^(accepted|409 older-login)$/)
  assert.equal(outcomes.at(-1), LINKED)
  assert.equal((await tokensAtRest(chat))?.refresh_token, newest.refresh_token)
  assert.equal(await refreshStatus(newest.refresh_token), 200)
})

test('under a wrong key nothing is overwritten, removed or revoked', async () => {
  const { logIn } = await newPerson()
  const chat = newChat()
  const tokens = await logIn()
  await bring(house.chatbot(), chat, tokens)
  await nextSecond()
  const newer = await logIn()
  const mistaken = house.chatbot({ sealing: keyRing(sealingKey()) })
  const row = await house.userMap.findByChat(chat)

  assert.equal(await outcomeOf(bring(mistaken, chat, newer)), '500 tokens-unreadable')
  assert.equal(await outcomeOf(mistaken.unlink(chat)), '500 tokens-unreadable')
  assert.deepEqual(await house.userMap.findByChat(chat), row)
  assert.equal(await refreshStatus(tokens.refresh_token), 200)
})

test('unlinking removes the link and ends the login at the IdP', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  const tokens = await logIn()
  await bring(chatbot, chat, tokens)

  assert.equal(await chatbot.unlink(chat), true)
  assert.equal(await chatbot.linkOf(chat), undefined)
  assert.equal(await refreshStatus(tokens.refresh_token), 400)
  assert.equal(await chatbot.unlink(chat), false)
  await assert.rejects(chatbot.as(chat).fetch('meal', '/'), { type: 'not-linked' })
})

test('a login that was unlinked does not come back with another try of the relay', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  const tokens = await logIn()
  await bring(chatbot, chat, tokens)
  await chatbot.unlink(chat)

  assert.equal(await outcomeOf(bring(house.chatbot(), chat, tokens)), '401 not-linked')
  assert.equal(await chatbot.linkOf(chat), undefined)
  assert.equal(await outcomeOf(bring(chatbot, chat, await logIn())), LINKED)
})

test('a login that is unlinked while another try of the relay is under way acts for nobody', async () => {
  const { logIn } = await newPerson()
  const chat = newChat()
  const tokens = await logIn()
  const chatbot = house.chatbot()
  await bring(chatbot, chat, tokens)
  const link: UserMap['link'] = async (login) => {
    await chatbot.unlink(chat)
    return house.userMap.link(login)
  }

  const late = house.chatbot({ userMap: { ...house.userMap, link } })
  assert.equal(await outcomeOf(bring(late, chat, tokens)), '401 not-linked')
  await assert.rejects(chatbot.as(chat).fetch('meal', '/'), { type: 'login-ended' })
})

test('without the store unlinking is unlinking all the same', async () => {
  const store = { ...house.store, set: () => Promise.reject(new Error('the store is gone')) }
  const chatbot = house.chatbot({ store })
  const { logIn } = await newPerson()
  const chat = newChat()
  await bring(chatbot, chat, await logIn())

  assert.equal(await chatbot.unlink(chat), true)
  assert.equal(await chatbot.linkOf(chat), undefined)
})

test('unlinking does not wait for an IdP that is down', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  await bring(chatbot, chat, await logIn())

  for (const fault of ['cut', 'frozen'] as const) {
    house.proxy.next('revoke', fault)
    await bring(chatbot, chat, await logIn())
    assert.equal(await chatbot.unlink(chat), true)
    assert.equal(await chatbot.linkOf(chat), undefined)
  }
})

test('a notice of the relay that a person left removes the link and its tokens; one about nobody is no fault', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  const tokens = await logIn()
  await bring(chatbot, chat, tokens)
  const { body, headers } = signed(unlinkNotice(chat))
  const unknown = signed(unlinkNotice(newChat()))
  await chatbot.receiveUnlink(body, headers)
  await chatbot.receiveUnlink(unknown.body, unknown.headers)

  assert.equal(await chatbot.linkOf(chat), undefined)
  assert.equal(await refreshStatus(tokens.refresh_token), 400)
})

test('a notice by the other name of a person ends their chat, and one that failed half-way is made up by the next', async () => {
  const [{ logIn }, other] = [await newPerson(), await newPerson()]
  const [chat, otherChat] = [newChat(), newChat()]
  const names = new Map([
    [chat, '42'],
    [otherChat, '43'],
  ])
  let isDown = true
  const chatsOf = async (name: string) => [...names.keys()].filter((each) => names.get(each) === name)
  const forget = async (gone: string) => {
    if (isDown && gone === chat) throw new Error('down')
    names.delete(gone)
  }
  const chatbot = house.chatbot({ messengerNames: { chatsOf, forget } })
  const tokens = await logIn()
  await bring(chatbot, chat, tokens)
  await bring(chatbot, otherChat, await other.logIn())
  const tell = () => {
    const { body, headers } = signed(unlinkNotice('42'))
    return chatbot.receiveUnlink(body, headers)
  }
  await assert.rejects(tell(), /down/)
  isDown = false
  await tell()

  assert.equal(await chatbot.linkOf(chat), undefined)
  assert.equal(await refreshStatus(tokens.refresh_token), 400)
  assert.ok(await chatbot.linkOf(otherChat))
  assert.deepEqual([...names.keys()], [otherChat])
})

test('who is unlinked by their chat has no other name any more, linked or not', async () => {
  const { logIn } = await newPerson()
  const chat = newChat()
  const forgotten: string[] = []
  const forget = async (gone: string) => void forgotten.push(gone)
  const chatbot = house.chatbot({ messengerNames: { chatsOf: async () => [], forget } })
  await bring(chatbot, chat, await logIn())

  assert.equal(await chatbot.unlink(chat), true)
  assert.equal(await chatbot.unlink(chat), false)
  assert.deepEqual(forgotten, [chat, chat])
})

test('a notice that is not the relay’s, not of now, not for us or not the first removes nothing', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  const notice = (message: ReturnType<typeof signed>) => outcomeOf(chatbot.receiveUnlink(message.body, message.headers))
  await bring(chatbot, chat, await logIn())
  const spent = unlinkNotice(newChat())
  await notice(signed(spent))

  assert.equal(await notice(signed(unlinkNotice(chat), { secret: 'other' })), '401 relay-signature-invalid')
  assert.equal(await notice(signed(unlinkNotice(chat, { ts: 1_700_000_000 }))), '401 callback-late')
  assert.equal(await notice(signed({ ...spent, chatbot_user_id: chat })), '401 nonce-used')
  assert.equal(await notice(signed(unlinkNotice(chat, { client_key: 'other' }))), '401 client-mismatch')
  assert.equal(await notice(signed({ ...unlinkNotice(chat), event: 'link' })), '400 callback-malformed')
  assert.equal(await notice(signed(unlinkNotice('nobody\0'))), '400 callback-malformed')
  assert.ok(await chatbot.linkOf(chat))
})

test('what happens is told without a token in it', async () => {
  const chatbot = house.chatbot()
  const { logIn } = await newPerson()
  const chat = newChat()
  const tokens = await logIn()
  house.events.length = 0
  await bring(chatbot, chat, tokens)
  await bring(chatbot, newChat(), tokens).catch(() => {})
  await chatbot.receiveCallback('{}', {}).catch(() => {})
  await chatbot.unlink(chat)

  assert.deepEqual(house.events, [
    { kind: 'linked' },
    { kind: 'callback_refused', reason: 'sub-linked-elsewhere' },
    { kind: 'callback_refused', reason: 'relay-signature-invalid' },
    { kind: 'unlinked' },
  ])
})
