import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Problem } from '@munjigi/problem'
import { keyRing } from '@munjigi/sealing/fernet'
import { chatbotHouse, type Person, sealingKey } from './house.fixture.ts'
import { newLink, sealTokens } from './tokens-at-rest.ts'
import { unsignedToken } from './unsigned-token.fixture.ts'

const house = await chatbotHouse()
after(house.close)

const row = async ({ chat }: Person) => (await house.userMap.findByChat(chat)) ?? assert.fail('no row')
const whenDue = () => Date.now() + 241_000
const isUnreadable = ({ status, type }: Problem) => status === 500 && type === 'tokens-unreadable'

const access = (claims: object) => unsignedToken({ sub: 's', typ: 'Bearer', iat: 1_700_000_000, ...claims })
const given = (access_token: string, refresh_token: string, refresh_expires_in = 0) => ({
  access_token,
  refresh_token,
  expires_in: 300,
  refresh_expires_in,
})

test('no token is at rest in the clear, and each text is a Fernet token of its own', async () => {
  const person = await house.person()
  const { access_token, refresh_token } = await row(person)

  assert.match(access_token as string, /^gAAAAA/)
  assert.match(refresh_token as string, /^gAAAAA/)
  assert.match(house.sealing.open(access_token as string), /^eyJ/)
})

test('a lifetime of 0 is no end, any other is counted by our clock from now', () => {
  const open = sealTokens(house.sealing, 's', given(access({}), 'opaque'), 1_000)
  assert.equal(open.refresh_token_expires_at, null)
  assert.equal(open.access_token_expires_at.getTime(), 301_000)
  const ending = sealTokens(house.sealing, 's', given(access({}), 'opaque', 2_592_000), 1_000)

  assert.equal(ending.refresh_token_expires_at?.getTime(), 2_592_001_000)
})

test('lifetimes beyond a hundred years are no dates to keep, and cost nobody a refresh token', () => {
  const endless = { ...given(access({}), 'opaque', 1e15), expires_in: Number.MAX_VALUE }
  const sealed = sealTokens(house.sealing, 's', endless, Date.now())

  for (const end of [sealed.access_token_expires_at, sealed.refresh_token_expires_at])
    assert.ok((end?.getFullYear() ?? 0) < 2200)
})

test('tokens that are not this person’s, or of another kind, are never sealed', () => {
  const faults: [string, string][] = [
    [access({ sub: 'other' }), 'opaque'],
    [access({ typ: 'ID' }), 'opaque'],
    [access({ typ: undefined }), 'opaque'],
    ['opaque', 'opaque'],
    [access({}), unsignedToken({ sub: 'other', typ: 'Offline' })],
    [access({}), unsignedToken({ sub: 's', typ: 'Bearer' })],
  ]
  for (const [token, refresh] of faults)
    assert.throws(() => sealTokens(house.sealing, 's', given(token, refresh), 0), isUnreadable)
})

test('a login is named by its first refresh token and dated by the IdP', () => {
  const login = { ...given(access({}), 'opaque'), sub: 's', chatbotUserId: 'c' }
  const { login_at, login_id } = newLink(house.sealing, login, 0)

  assert.equal(login_at.getTime(), 1_700_000_000_000)
  assert.equal(newLink(house.sealing, login, 5).login_id, login_id)
  assert.notEqual(newLink(house.sealing, { ...login, refresh_token: 'other' }, 0).login_id, login_id)
  assert.throws(() => newLink(house.sealing, { ...login, access_token: access({ iat: 'x' }) }, 0), isUnreadable)
})

test('a wrong key is a clear error, and nothing is cleared, asked for or overwritten', async () => {
  const person = await house.person()
  const before = await row(person)
  const bot = house.chatbot({ sealing: keyRing(sealingKey()), now: whenDue })

  await assert.rejects(bot.as(person.chat).fetch('meal', '/x'), isUnreadable)
  await assert.rejects(bot.unlink(person.chat), isUnreadable)
  assert.deepEqual(await row(person), before)
  assert.deepEqual([house.proxy.count('refresh_token'), house.proxy.count('revoke')], [0, 0])
  assert.equal((await house.chatbot({ now: whenDue }).as(person.chat).fetch('meal', '/x')).status, 200)
})

test('what was sealed under an old key is used, and sealed under the new one at its renewal', async () => {
  const person = await house.person()
  const rotated = keyRing(`${sealingKey()},${house.key}`)
  const isCurrent = async () => rotated.isCurrent((await row(person)).refresh_token as string)
  assert.equal((await house.chatbot({ sealing: rotated }).as(person.chat).fetch('meal', '/x')).status, 200)
  assert.equal(await isCurrent(), false)
  await house.chatbot({ sealing: rotated, now: whenDue }).as(person.chat).fetch('meal', '/x')

  assert.equal(await isCurrent(), true)
})

test('tokens moved into another row, or into the place of another kind, are not used', async () => {
  const [thief, victim] = [await house.person(), await house.person()]
  const [own, theirs] = [await row(thief), await row(victim)]
  const moves = [
    { access_token: theirs.access_token, refresh_token: theirs.refresh_token },
    { access_token: own.access_token, refresh_token: theirs.refresh_token },
    { access_token: theirs.access_token, refresh_token: own.refresh_token },
    { access_token: own.access_token, refresh_token: own.access_token },
    { access_token: own.refresh_token, refresh_token: own.refresh_token },
  ]
  for (const move of moves) {
    await house.db.updateTable('user_map').where('kakao_id', '=', thief.chat).set(move).execute()
    await assert.rejects(house.chatbot({ now: whenDue }).as(thief.chat).fetch('meal', '/x'), isUnreadable)
  }

  assert.equal(
    house.gateway.requests.filter(({ rawHeaders }) => new Map(rawHeaders).get('x-user-sub') === thief.sub).length,
    0,
  )
})
