import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newAddress, PASSWORD, testPasswords, tokensOf } from '../passwords/passwords.fixture.ts'
import { lockPerson } from '../people/person-rows.ts'
import { refusalOf } from '../refusal.fixture.ts'
import { commandHandle } from '../serving-handle.ts'

test('a lesser administrator neither waits for a superuser nor holds one, whomever they act on', async (t) => {
  const { service, person, login, as } = await testPasswords()
  t.after(service.close)
  if (service.ownProcess === undefined) return t.skip('PGlite has one connection')
  const [lesser, superuser] = [await person({ role: 'admin' }), await person({ role: 'ADMIN', superuser: true })]
  const [viewer, grant] = [await person({ role: 'viewer' }), { section_id: 'admin-page', level: 'admin' } as const]
  await service.db
    .insertInto('section_grants')
    .values({ person_sub: lesser.sub, ...grant })
    .execute()
  const { access_token } = await tokensOf(await login({ email: lesser.email, password: PASSWORD }, newAddress()))
  const setRole = (sub: string) =>
    as(access_token, lesser.sub)('PUT', `/api/admin/v1/people/${sub}/role`, { role: 'staff' })

  await commandHandle(service.database)
    .transaction()
    .execute(async (trx) => {
      await lockPerson(trx, superuser.sub)
      assert.equal((await setRole(viewer.sub)).status, 200)
      assert.deepEqual(await refusalOf(await setRole(superuser.sub)), [403, 'above-own-rights'])
    })
})
