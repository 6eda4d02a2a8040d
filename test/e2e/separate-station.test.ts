import { after, before, suite } from 'node:test'
import { type SeparateHouse, separateHouse, withoutServers } from './separate-house.ts'
import { stationBadDays } from './station-bad-days.ts'
import { stationKeys } from './station-keys.ts'
import { stationSecrets } from './station-secrets.ts'

suite('session-station, in processes of their own on PostgreSQL and Redis', { skip: withoutServers }, () => {
  let house: SeparateHouse
  const open = () => house

  before(async () => {
    house = await separateHouse()
  })
  after(() => house?.[Symbol.asyncDispose]())

  stationBadDays(open)
  stationSecrets(open)
  // The last, for it leaves the house under another key.
  stationKeys(open)
})
