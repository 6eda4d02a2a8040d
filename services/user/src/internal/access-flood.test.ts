import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PLATFORM } from '../service.fixture.ts'
import { signedInService } from '../signed-in.fixture.ts'

const MOST_CONNECTIONS = 10

test('while other requests hold every connection, what somebody may do is still told', async (t) => {
  const service = await signedInService()
  t.after(service.close)
  if (service.ownProcess === undefined) return t.skip('PGlite has one connection')
  const { sub } = await service.signIn()
  const { promise: told, resolve: end } = Promise.withResolvers<void>()
  const begun = Array.from({ length: MOST_CONNECTIONS }, () => Promise.withResolvers<void>())
  const requests = begun.map(({ resolve }) =>
    service.db.transaction().execute(async (trx) => {
      await trx.selectFrom('people').select('sub').where('sub', '=', sub).execute()
      resolve()
      await told
    }),
  )
  await Promise.all(begun.map(({ promise }) => promise))

  const answer = await service.internal(`access?${new URLSearchParams({ issuer: PLATFORM, sub })}`)
  end()
  // A transaction that waited for too long is the server's to end.
  await Promise.allSettled(requests)
  assert.equal(answer.status, 200)
})
