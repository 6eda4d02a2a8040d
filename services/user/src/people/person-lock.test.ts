import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeJwt } from 'jose'
import type { Transaction } from 'kysely'
import { commandHandle } from '../serving-handle.ts'
import { lockRefreshToken } from '../sessions/sessions.ts'
import { signedInService } from '../signed-in.fixture.ts'
import type { Tables } from '../tables.ts'
import { lockPerson } from './person-rows.ts'

const LOCK_NOT_AVAILABLE = '55P03'

let service: Awaited<ReturnType<typeof signedInService>>
before(async () => {
  service = await signedInService()
})
after(() => service.close())

/** Holds what `take` locks for as long as `work` runs, however slow that is. */
const holding = (take: (trx: Transaction<Tables>) => Promise<unknown>, work: () => Promise<void>) =>
  commandHandle(service.database)
    .transaction()
    .execute(async (trx) => {
      assert.ok(await take(trx))
      await work()
    })

test('who refreshes or is given a token shares the lock on the person with nobody, and so overtakes no administrator who waits for it', async (t) => {
  if (service.ownProcess === undefined) return t.skip('PGlite has one connection')
  const { sub, refreshToken } = await service.signIn()
  const sharing = service.db.selectFrom('people').select('sub').where('sub', '=', sub).forShare().noWait()
  const { jti = '' } = decodeJwt(refreshToken)

  for (const take of [
    (trx: Transaction<Tables>) => lockRefreshToken(trx, jti),
    (trx: Transaction<Tables>) => lockPerson(trx, sub),
  ])
    await holding(take, () => assert.rejects(sharing.execute(), { code: LOCK_NOT_AVAILABLE }))
})

test('who signs out, once or again and again, waits for nobody who changes the person and keeps nobody from it', async (t) => {
  if (service.ownProcess === undefined) return t.skip('PGlite has one connection')
  const { browser, sub, refreshToken, sid } = await service.signIn()
  const logout = () => browser.post('/api/auth/v1/logout', {}, { refresh_token: refreshToken })

  await holding(
    (trx) => lockPerson(trx, sub),
    async () => {
      assert.deepEqual([(await logout()).status, (await logout()).status], [204, 204])
    },
  )
  const lines = await service.db
    .selectFrom('audit_events')
    .select(['actor', 'tenant_id'])
    .where('action', '=', 'session.ended')
    .where('target', '=', sub)
    .execute()
  assert.equal(lines.length, 1, sid)
})
