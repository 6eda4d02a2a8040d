import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createServiceAccount, type ServiceAccount } from '@munjigi/chatbot-sdk/service-account'
import type { AuthProfile } from '@munjigi/contracts/auth-profiles'
import { SERVICES_FILE } from '@munjigi/embedded/folders'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { type TestHouse, testHouse } from './house.ts'
import { outsideProfiles } from './outside-profiles.ts'
import { type ProfileOwner, profileOwner } from './profile-owner.ts'

const READ = '/v1/proxy/bearer/bearer/data'
const folder = mkdtempSync(join(tmpdir(), 'munjigi-station-clients-'))
const servicesFile = join(folder, 'services.yaml')
const asShipped = readFileSync(SERVICES_FILE, 'utf8')

let house: TestHouse
let owner: ProfileOwner
let agent: ServiceAccount

before(async () => {
  // As operations let a client act for people in this module.
  const listed = asShipped
    .replace('section: auth-profile\n', 'section: auth-profile\n          clients: [notice-service]\n')
    .replace('modules: [meal] } }', 'modules: [meal, session-station] } }')
  assert.equal(listed.split('notice-service').length, asShipped.split('notice-service').length + 1)
  writeFileSync(servicesFile, listed)
  house = await testHouse({ servicesFile })
  owner = await profileOwner(house)
  await owner.keeps([outsideProfiles(house.outside.url).bearer])
  const { id: clientId, secret: clientSecret } = house.provider.clients['notice-service']
  agent = createServiceAccount({
    idp: { issuer: house.provider.issuer, clientId, clientSecret },
    gatewayUrl: house.addresses.gateway,
    gatewayCa: readFileSync(house.certFile, 'utf8'),
  })
})
after(async () => {
  await agent?.close()
  await house?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

test('a client that may act for people reads by a person’s login, and what it makes says so', async () => {
  const read = await agent.fetch('session-station', READ, { actFor: owner.sub })
  assert.equal(read.status, 200)
  assert.equal(((await read.json()) as { user: string }).user, 'agent')

  const made = await agent.fetch('session-station', '/v1/auth-profiles', {
    actFor: owner.sub,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(outsideProfiles(house.outside.url).cookie),
  })
  const { user_id, created_by } = (await made.json()) as AuthProfile
  assert.deepEqual([made.status, user_id], [201, owner.sub])
  assert.notEqual(created_by, owner.sub)
})

test('by itself it is somebody without profiles, and it sees no secret of a person in plain text', async () => {
  const own = await agent.fetch('session-station', READ)
  const revealed = await agent.fetch('session-station', '/v1/revealed/bearer', { actFor: owner.sub })

  assert.equal(own.status, 404)
  assert.equal(revealed.status, 403)
})

test('who has not the section is not acted for, whatever the client may do', async () => {
  const other = await profileOwner(house)
  const administrator = await house.door.signIn('admin.park', SEEDED_PASSWORD)
  await house.door.call('PUT', `/api/admin/v1/people/${other.sub}/sections`, administrator, { sections: [] })
  const refused = await agent.fetch('session-station', '/v1/auth-profiles', { actFor: other.sub })

  assert.equal(refused.status, 403)
  assert.equal(((await refused.json()) as { type: string }).type, '/problems/section-required')
})
