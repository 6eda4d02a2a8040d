import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, before, test } from 'node:test'
import { createServer } from '@munjigi/server/create-server'
import { testDatabase } from '@munjigi/testing/database'
import { eventually } from '@munjigi/testing/eventually'
import { testUpstream } from '@munjigi/testing/upstream'
import { migrationPlan } from '../migrations/plan.ts'
import { servingHandle } from '../serving-handle.ts'
import { startSender } from './sender.ts'

const AT_ONCE = 4

let house: Awaited<ReturnType<typeof testDatabase>>
before(async () => {
  house = await testDatabase(migrationPlan)
})
after(() => house.close())

// Where mails are sent one after another it never ends.
const options = { timeout: 120_000 }

test(
  'a mail that is answered late does not keep the next waiting, and no more than four are sent at once',
  options,
  async (t) => {
    const held = new Set<ServerResponse>()
    const areFull = Promise.withResolvers<void>()
    let isHolding = true
    const take = (response: ServerResponse) => response.writeHead(200).end('{}')
    const mailApi = await testUpstream((request, response) => {
      request.resume()
      if (!isHolding) return take(response)
      held.add(response.once('close', () => held.delete(response)))
      if (held.size === AT_ONCE) areFull.resolve()
    })
    const db = servingHandle(house.database)
    const mail = { endpoint: mailApi.url, key: 'k', bodyOf: JSON.stringify }
    const sender = startSender({ db, mail, log: createServer({ name: 'sender-test', logLevel: 'silent' }).log })
    t.after(async () => {
      await sender.close()
      await mailApi.close()
    })
    const content = JSON.stringify({ subject: 's', html: 'h' })
    const rows = Array.from({ length: 10 }, (_, index) => ({
      event_key: `late ${index}`,
      kind: 'approved' as const,
      recipients: JSON.stringify([`${index}@example.com`]),
      content,
      next_attempt_at: new Date(index),
    }))
    await db.insertInto('notices').values(rows).execute()
    sender.wake()
    await areFull.promise
    sender.wake()
    const beingSent = await db
      .selectFrom('notices')
      .select('id')
      .where('attempts', '>', 0)
      .where('last_error', 'is', null)
      .execute()
    isHolding = false
    for (const response of held) take(response)

    assert.ok(beingSent.length <= AT_ONCE, `${beingSent.length}`)
    await eventually(async () => {
      const left = await db.selectFrom('notices').select('id').where('delivered_at', 'is', null).execute()
      assert.equal(left.length, 0)
    })
  },
)
