import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { SERVICES_FILE } from '@munjigi/embedded/folders'
import { findFree } from '@munjigi/embedded/ports'
import { houseSecrets } from '@munjigi/embedded/secrets'
import { servicesVariables } from '@munjigi/embedded/services-variables'
import { readEnv } from '@munjigi/env'
import { verifierFromEnv } from '@munjigi/identity/service-verifier'
import { buildApp } from '@munjigi/session-station/app'
import { SettingsEnv } from '@munjigi/session-station/env'
import { settingsOf } from '@munjigi/session-station/settings'
import { testUpstream, type Upstream } from '@munjigi/testing/upstream'
import { type TestHouse, testHouse } from './house.ts'
import { load } from './load.ts'
import { outsideProfiles } from './outside-profiles.ts'
import { type ProfileOwner, profileOwner, STATION } from './profile-owner.ts'

const CALLERS = 6
const folder = mkdtempSync(join(tmpdir(), 'munjigi-move-station-'))
const servicesFile = join(folder, 'services.yaml')
const asShipped = readFileSync(SERVICES_FILE, 'utf8')

let house: TestHouse
let owner: ProfileOwner
let slow: Upstream
/** Answers of the slow target whose end is still to be written. */
const open: ServerResponse[] = []
let ownUrl: string

/** What operations do: one line of services.yaml says where session-station is. */
const place = (host: string) =>
  writeFileSync(servicesFile, asShipped.replace(/host: \$\{SESSION_STATION_URL.*\}/, `host: ${host}`))

before(async () => {
  slow = await testUpstream((_request, response) => {
    response.write('begun\n')
    open.push(response)
  })
  const { SERVICES_PORT } = await findFree(['SERVICES_PORT'])
  ownUrl = `http://127.0.0.1:${SERVICES_PORT}`
  place(ownUrl)
  house = await testHouse({ servicesFile, egressAllow: new URL(slow.url).host })
})
after(async () => {
  await house?.[Symbol.asyncDispose]()
  await slow?.close()
  rmSync(folder, { recursive: true })
})

/** session-station alone in a host of its own, on the house's variables, which counts the requests that reach it. */
async function openOwnHost() {
  const { addresses, certificate, provider, servicesUrl: url } = house
  const egressAllow = new URL(slow.url).host
  const secrets = houseSecrets(house.folder)
  const source = servicesVariables({ idp: provider, certificate, addresses, url, secrets, egressAllow })
  const verifier = verifierFromEnv({
    PLATFORM_ISSUER: addresses.gateway,
    PLATFORM_AUDIENCE: 'munjigi',
    USER_URL: url,
  })
  const settings = settingsOf(readEnv(SettingsEnv, 'session-station', { source, development: true }))
  const parts = { database: house.databases['session-station'], store: house.store, verifier, settings }
  const app = buildApp(parts, { logLevel: 'silent' })
  app.addHook('onClose', async () => verifier.close())
  let seen = 0
  app.addHook('onRequest', async () => {
    seen += 1
  })
  await app.listen({ port: Number(new URL(ownUrl).port), host: '127.0.0.1' })
  return { requests: () => seen, close: () => app.close() }
}

/** An answer of the slow target through the proxy, whose beginning has arrived. */
async function openStream() {
  const path = `${house.addresses.gateway}${STATION}/proxy/slow/stream`
  const asked = get(path, { ca: readFileSync(house.certFile), headers: { authorization: `Bearer ${owner.token}` } })
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.setEncoding('utf8')
  const [first] = (await once(answer, 'data')) as [string]
  const ends = open.shift()
  return async () => {
    let text = first
    answer.on('data', (chunk: string) => {
      text += chunk
    })
    const ended = once(answer, 'end')
    ends?.end('finished\n')
    await ended
    return text
  }
}

test('session-station moves into the process of user and back by services.yaml alone: no request fails, one login', async (t) => {
  const first = await openOwnHost()
  owner = await profileOwner(house)
  const { bearer, 'api-key': key } = outsideProfiles(house.outside.url)
  const target = { ...key, service_id: 'slow', login_config: { url: slow.url, method: 'NONE' } }
  await owner.keeps([bearer, target])
  const stepsOf = () => [
    () => owner.asks('GET', '/proxy/bearer/bearer/data'),
    () => owner.asks('GET', '/auth-context/bearer/headers'),
    () => owner.asks('POST', '/proxy/bearer/bearer/echo', { some: 'body' }),
    () => owner.asks('GET', '/auth-profiles/bearer'),
  ]
  const running = load({ callers: CALLERS, stepsOf, pace: () => house.ask('GET', '/healthz') })
  t.after(running.end)
  await running.untilDone(() => first.requests() > 50)
  const finishFirst = await openStream()

  place(house.servicesUrl)
  await running.untilQuiet(first.requests)
  const finishSecond = await openStream()
  const closing = first.close()
  assert.equal(await finishFirst(), 'begun\nfinished\n')
  await closing
  const doneAtMove = running.done()
  await running.untilDone(() => running.done() > doneAtMove + 200)

  const second = await openOwnHost()
  place(ownUrl)
  await running.untilDone(() => second.requests() > 50)
  assert.equal(await finishSecond(), 'begun\nfinished\n')
  assert.deepEqual(await running.end(), [])
  assert.equal(house.outside.logins().bearer, 1)
  await second.close()
})
