import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { botProcess } from '../bot-process.fixture.ts'
import { chatbotHouse } from '../house.fixture.ts'

// The variant with two chatbots in one process, which PGlite can serve, stands in renewal.test.ts.
const isShared = process.env.MUNJIGI_TEST_DATABASE_URL !== undefined

test('twenty calls at once in two real processes are one refresh, and everybody is served', {
  skip: isShared ? false : 'PGlite is in one process alone',
}, async (t) => {
  const house = await chatbotHouse({ realm: { revokeRefreshToken: true, refreshTokenMaxReuse: 0 } })
  after(house.close)
  const { idp, key, databaseUrl = '' } = house
  const settings = { databaseUrl, idp, key, gatewayUrl: house.gateway.url, aheadMs: 241_000 }
  const bots = await Promise.all([botProcess(settings), botProcess(settings)])
  t.after(() => Promise.all(bots.map((bot) => bot.kill())))
  for (let round = 0; round < 5; round++) {
    house.proxy.requests.length = 0
    const { chat } = await house.person()
    const statuses = await Promise.all(bots.map((bot) => bot.call(chat)))

    assert.deepEqual(statuses.flat(), Array(20).fill(200))
    assert.equal(house.proxy.count('refresh_token'), 1)
  }
})
