import { after, before, test } from 'node:test'
import { assertByIndex, plansOf } from '@munjigi/testing/query-plans'
import { EACH, manyPeople } from '../many-people.fixture.ts'
import { listSessions } from './session-list.ts'

let house: Awaited<ReturnType<typeof manyPeople>>
before(async () => {
  house = await manyPeople('sessions', {
    sid: "'s' || i || '-' || j",
    access_exp: '4102444800',
    refresh_exp: '4102444800',
    ended_at: 'case when j > 3 then now() end',
  })
})
after(() => house.close())

test('where a person is signed in is found by index, whoever else is', async () => {
  const asked = { 'somebody with sessions': 'p3999', 'somebody without': 'nobody' }
  for (const [name, sub] of Object.entries(asked))
    assertByIndex(await plansOf(house.db, (handle) => listSessions(handle, sub, undefined)), {
      big: ['sessions'],
      mostRead: EACH,
      name,
    })
})
