import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { signedInService } from '../signed-in.fixture.ts'
import { sweepSessions } from './sweep.ts'

let service: Awaited<ReturnType<typeof signedInService>>
before(async () => {
  service = await signedInService()
})
after(() => service.close())

test('a session is removed a day after its last token ended, and not before', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const { sid } = await service.signIn()
  const find = () => service.db.selectFrom('sessions').select('sid').where('sid', '=', sid).execute()
  t.mock.timers.tick(604_800_000)
  await sweepSessions(service.db)
  assert.equal((await find()).length, 1)
  t.mock.timers.tick(90_000_000)
  await sweepSessions(service.db)

  assert.deepEqual(await find(), [])
})
