import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { providerRequests } from '@munjigi/testing/provider-requests'
import { BASE_PATH, loginLinkOf, say, textOf } from './kakao/kakao.fixture.ts'
import { eventually, LOGIN_LINK, testChatbot } from './service.fixture.ts'

const bot = await testChatbot()
after(bot.close)
const app = bot.start()
bot.gateway.answers['GET /api/meal/v1/restaurants'] = () => [200, { restaurants: [] }]
bot.gateway.answers['GET /api/meal/v1/menus'] = () => [200, { menus: [] }]
/** The access tokens of now are due there. */
const later = bot.start({ now: () => Date.now() + 10 * 60_000 })

async function newPerson(): Promise<string> {
  const name = `chat-${randomUUID()}`
  await bot.idp.addUser({ username: name, password: SEEDED_PASSWORD })
  return name
}

/** Somebody of their own, by the same name at the IdP and at Kakao. */
async function linkedPerson(): Promise<string> {
  const name = await newPerson()
  await bot.logIn(app, name, name)
  return name
}

const rowOf = (person: string) =>
  bot.db.selectFrom('user_map').selectAll().where('kakao_id', '=', person).executeTakeFirst()
const appUserIdOf = async (person: string) => {
  const people = bot.db.selectFrom('kakao_people').select('app_user_id')
  return (await people.where('kakao_id', '=', person).executeTakeFirst())?.app_user_id
}
/** What the relay says of whom the messenger unlinked. */
const tell = (chatbot_user_id: string) => {
  const stamp = { ts: Math.floor(Date.now() / 1000), nonce: randomUUID() }
  return bot.bring(app, { event: 'unlink', client_key: 'kakao-bot', chatbot_user_id, ...stamp }, '/users/unlink')
}
const asks = (by: typeof app, person: string) => say(by, person, '오늘 메뉴')
async function countOf(by: typeof app, figure: string): Promise<number> {
  const { body } = await by.inject('/metrics')
  const line = body.split('\n').find((text) => text.startsWith(figure))
  return Number(line?.split(' ').at(-1) ?? 0)
}

test('a login that the relay brings links the chat, at both addresses, and its tokens are sealed', async () => {
  for (const path of ['/users/callback', '/callback']) {
    const person = await newPerson()
    const callback = await bot.callbackOf(person, person)
    const answer = await bot.bring(app, callback, path)
    const row = await rowOf(person)

    assert.equal(answer.statusCode, 204, answer.body)
    assert.match(row?.refresh_token ?? '', /^gAAAA/)
    assert.ok(!JSON.stringify(row).includes(callback.relay_access_token))
  }
})

test('a login that the relay did not sign links nobody, and is counted', async () => {
  const person = await newPerson()
  const answer = await bot.bring(app, await bot.callbackOf(person, person), '/users/callback', 'x'.repeat(64))

  assert.deepEqual([answer.statusCode, answer.json().type], [401, '/problems/relay-signature-invalid'])
  assert.equal(await rowOf(person), undefined)
  assert.equal(await countOf(app, 'chatbot_callbacks_refused_total{reason="relay-signature-invalid"'), 1)
})

test('a token that is due is renewed, and the person notices nothing', async () => {
  const person = await linkedPerson()
  const before = await rowOf(person)

  assert.match(textOf(await asks(later, person)), /등록된 메뉴가 없어요/)
  const renewed = await rowOf(person)
  assert.notEqual(renewed?.refresh_token, before?.refresh_token)
  assert.equal(await countOf(later, 'chatbot_refreshes_total{outcome="renewed"'), 1)
})

test('a login that died is offered anew, and its tokens are gone', async () => {
  const person = await linkedPerson()
  await bot.idp.deleteUser(person)
  const offered = await countOf(later, 'chatbot_login_links_total')

  assert.equal(loginLinkOf(await asks(later, person)), LOGIN_LINK)
  assert.equal((await rowOf(person))?.refresh_token ?? null, null)
  assert.equal(await countOf(later, 'chatbot_login_links_total'), offered + 1)
  assert.equal(await countOf(later, 'chatbot_refreshes_total{outcome="ended"'), 1)
})

test('a disabled account is told so, and goes on when it is enabled again', async () => {
  const person = await linkedPerson()
  await bot.idp.disableUser(person)
  assert.match(textOf(await asks(later, person)), /중지된 계정/)
  await bot.idp.enableUser(person)

  assert.match(textOf(await asks(later, person)), /등록된 메뉴가 없어요/)
})

test('signing out unlinks the chat', async () => {
  const person = await linkedPerson()
  assert.match(textOf(await say(app, person, '로그아웃')), /로그아웃했어요/)

  assert.equal(await rowOf(person), undefined)
  assert.match(textOf(await say(app, person, '로그아웃')), /로그인되어 있지 않아요/)
  assert.equal(loginLinkOf(await asks(app, person)), LOGIN_LINK)
})

test('who leaves the channel at Kakao is unlinked when the relay says so', async () => {
  const person = await linkedPerson()
  const notice = { event: 'unlink', client_key: 'kakao-bot', chatbot_user_id: person } as const
  const signed = { ...notice, ts: Math.floor(Date.now() / 1000), nonce: randomUUID() }
  const forged = await bot.bring(app, { ...signed, nonce: randomUUID() }, '/users/unlink', 'x'.repeat(64))
  assert.deepEqual([forged.statusCode, forged.json().type], [401, '/problems/relay-signature-invalid'])
  assert.ok(await rowOf(person))

  assert.equal((await bot.bring(app, signed, '/users/unlink')).statusCode, 204)
  assert.equal(await rowOf(person), undefined)
})

test('a notice by the user id of the connected app finds whoever brought that id when they spoke', async () => {
  const [person, other] = [await newPerson(), await newPerson()]
  const appUserId = String(Number.parseInt(randomUUID().slice(0, 8), 16))
  await say(app, person, '로그인', { properties: { appUserId, appUserStatus: 'REGISTERED' } })
  assert.equal(JSON.parse(bot.relay.requests.at(-1)?.body ?? '').messenger_user_id, appUserId)
  const callback = await bot.callbackOf(person, person)
  await bot.bring(app, callback)
  await bot.logIn(app, other, other)
  assert.equal((await tell(appUserId)).statusCode, 204)

  assert.equal(await rowOf(person), undefined)
  assert.ok(await rowOf(other))
  assert.equal((await providerRequests(bot.idp).refresh(callback.offline_refresh_token)).status, 400)
  assert.equal(await appUserIdOf(person), undefined)
})

test('who was linked before their app was connected is found too, and nothing is kept of who signed out', async () => {
  const [person, leaver] = [await linkedPerson(), await linkedPerson()]
  await say(app, person, '오늘 메뉴', { properties: { app_user_id: 1_000_000_001 } })
  await say(app, leaver, '오늘 메뉴', { properties: { appUserId: '1000000002' } })
  assert.equal(await appUserIdOf(leaver), '1000000002')
  await say(app, leaver, '로그아웃', { properties: { appUserId: '1000000002' } })
  await tell('1000000001')

  assert.equal(await rowOf(person), undefined)
  assert.equal(await appUserIdOf(leaver), undefined)
})

test('an id that is none, or that a group chat brings, is nobody’s', async () => {
  const person = await linkedPerson()
  for (const appUserId of ['', ' ', '한글', 'x'.repeat(256), 1.5, -1e300, null, {}, ['42'], true])
    await say(app, person, '오늘 메뉴', { properties: { appUserId } })
  await say(app, person, '오늘 메뉴', { properties: { appUserId: '42' }, chat: { id: 'g', type: 'botGroupKey' } })

  assert.equal(await appUserIdOf(person), undefined)
})

test('a logout that the IdP did not sign ends nothing', async () => {
  const answer = await app.inject({
    method: 'POST',
    url: `${BASE_PATH}/backchannel-logout`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'logout_token=a.b.c',
  })

  assert.deepEqual([answer.statusCode, answer.json().type], [400, '/problems/logout-token-invalid'])
})

test('where the relay gives no link the person is told to come back', async (t) => {
  const down = bot.start({ env: { RELAY_URL: 'http://127.0.0.1:1' } })
  assert.match(textOf(await say(down, 'somebody', '로그인')), /잠시 뒤에/)
  bot.relay.replace(t, 'POST /issue_login_link', () => [400, { detail: 'callback_url_not_allowed' }])

  assert.match(textOf(await say(app, 'somebody', '로그인')), /잠시 뒤에/)
})

test('a login that nobody used for 20 days is renewed by a process that starts', async () => {
  const person = await linkedPerson()
  const idle = new Date(Date.now() - 21 * 24 * 3_600_000)
  await bot.db.updateTable('user_map').set({ refreshed_at: idle }).where('kakao_id', '=', person).execute()
  await bot.start().ready()

  await eventually(async () => ((await rowOf(person))?.refreshed_at ?? idle) > idle)
})
