import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { type DevTarget, startDevTarget } from '@munjigi/dev-target/dev-target'
import { load } from './load.ts'
import { outsideProfiles } from './outside-profiles.ts'
import { type ProfileOwner, profileOwner } from './profile-owner.ts'
import type { SeparateHouse } from './separate-house.ts'

const newKey = () => `${randomBytes(32).toString('base64url')}=`
const ring = (...keys: string[]) => ({ SESSION_STATION_ENCRYPTION_KEY: keys.join() })

export const stationKeys = (open: () => SeparateHouse) =>
  suite('the keys of session-station', () => {
    let house: SeparateHouse
    let outside: DevTarget
    let owner: ProfileOwner

    before(async () => {
      house = open()
      outside = await startDevTarget()
      owner = await profileOwner({ ...house.gateway, provider: house.provider })
      await owner.keeps(Object.values(outsideProfiles(outside.url)))
    })
    after(async () => {
      await outside?.close()
    })
    const read = (kind: string) => owner.asks('GET', `/proxy/${kind}/${kind}/data`)

    test('no program starts under keys that the database was not written under, and what it says names the variable', async () => {
      for (const name of ['station', 'userHost'] as const) {
        const refused = house.begin(name, { ...ring(newKey()), PORT: '0' })

        assert.equal(await refused.exited, 1)
        assert.match(refused.written(), /^ {2}SESSION_STATION_ENCRYPTION_KEY holds none of the keys/m)
        assert.doesNotMatch(refused.written(), /^\s+at /m)
      }
      const rotation = house.begin('station', ring(newKey()), ['rotate-keys'])
      assert.equal(await rotation.exited, 1)
      assert.equal((await read('bearer')).status, 200)
    })

    test('a key is replaced while people read: nothing fails, nobody is logged in anew, and the old key may go', async (t) => {
      const { stationKey: old } = house.secrets
      const [next, kinds] = [newKey(), ['bearer', 'cookie', 'api-key'] as const]
      for (const kind of kinds) assert.equal((await read(kind)).status, 200)
      const logins = outside.logins()
      await house.restart('station', ring(next, old))
      const stepsOf = () => kinds.map((kind) => () => read(kind))
      const running = load({ callers: 4, stepsOf, pace: () => house.gateway.ask('GET', '/healthz') })
      t.after(running.end)
      await running.untilDone(() => running.done() > 20)
      const rotation = house.begin('station', ring(next, old), ['rotate-keys'])

      assert.equal(await rotation.exited, 0, rotation.written())
      const [, sealed] = /: (\d+) profiles/.exec(rotation.written()) ?? []
      assert.ok(Number(sealed) >= Object.keys(outsideProfiles(outside.url)).length, rotation.written())
      await running.untilDone(() => running.done() > 100)
      assert.deepEqual(await running.end(), [])
      await house.restart('station', ring(next))
      await house.redis.flush()
      for (const kind of kinds) assert.equal((await read(kind)).status, 200, kind)
      assert.equal((await read('form')).status, 200)
      assert.deepEqual({ ...outside.logins(), form: logins.form }, logins)
      const refused = house.begin('station', { ...ring(old), PORT: '0' })
      assert.equal(await refused.exited, 1)
    })
  })
