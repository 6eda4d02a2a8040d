import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { AuthContext } from '@munjigi/contracts/auth-contexts'
import type { PlatformClaims } from '@munjigi/contracts/tokens'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import { KINDS } from '@munjigi/dev-target/kind'
import { houseSecrets } from '@munjigi/embedded/secrets'
import { signAccessToken } from '@munjigi/identity/issue'
import { keyRing } from '@munjigi/sealing/fernet'
import { signingKeys } from '@munjigi/user/keys/signing-keys'
import { servingHandle } from '@munjigi/user/serving-handle'
import { decodeJwt } from 'jose'
import { newAccount } from './chats.ts'
import { type TestHouse, testHouse } from './house.ts'
import { outsideProfiles } from './outside-profiles.ts'
import { type ProfileOwner, profileOwner, STATION } from './profile-owner.ts'

interface Read {
  kind: string
  user: string
}

let house: TestHouse
let owner: ProfileOwner

before(async () => {
  house = await testHouse()
  owner = await profileOwner(house)
  await owner.keeps(Object.values(outsideProfiles(house.outside.url)))
})
after(() => house?.[Symbol.asyncDispose]())

const userOf = (kind: string) => (kind === 'oauth' ? CREDENTIALS.clientId : CREDENTIALS.username)

for (const kind of KINDS) {
  test(`${kind}: an agent with nothing but its token reads through the proxy, and sees no secret`, async () => {
    const { status, body, headers } = await owner.asks<Read>('GET', `/proxy/${kind}/${kind}/data`)

    assert.deepEqual([status, body.kind, body.user], [200, kind, userOf(kind)])
    const told = JSON.stringify([headers, body])
    assert.equal(headers['set-cookie'], undefined)
    for (const secret of Object.values(CREDENTIALS).filter((value) => value !== userOf(kind)))
      assert.ok(!told.includes(secret), `${secret} in ${told}`)
  })

  test(`${kind}: it reads by what it is given to put into its own request, without a second login`, async () => {
    const logins = house.outside.logins()[kind]
    const { body } = await owner.asks<AuthContext>('GET', `/auth-context/${kind}`)
    const { body: headers } = await owner.asks<Record<string, string>>('GET', `/auth-context/${kind}/headers`)
    const url = new URL(`${house.outside.url}/${kind}/data`)
    for (const { target, key, value } of body.injections) if (target === 'query') url.searchParams.set(key, value)
    const answer = await fetch(url, { headers })

    assert.deepEqual([answer.status, ((await answer.json()) as Read).user], [200, userOf(kind)])
    assert.equal(house.outside.logins()[kind], logins)
  })
}

test('what an agent sends arrives, but its own credentials and names do not', async () => {
  const { body } = await house.ask<{ method: string; body: string; headers: Record<string, string> }>(
    'POST',
    `${STATION}/proxy/bearer/bearer/echo`,
    { token: owner.token, body: { a: 1 }, headers: { 'x-secret-of-agent': 'x', cookie: 'a=b' } },
  )

  assert.deepEqual([body.method, body.body], ['POST', '{"a":1}'])
  for (const name of ['x-user-sub', 'x-request-id', 'traceparent', 'x-secret-of-agent', 'x-forwarded-for'])
    assert.equal(body.headers[name], undefined, name)
})

test('a target that has forgotten everybody costs one renewal or login, and no agent notices', async () => {
  house.outside.forget()
  const logins = house.outside.logins()
  const answers = await Promise.all(Array.from({ length: 20 }, () => owner.asks('GET', '/proxy/oauth/oauth/data')))

  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.equal(house.outside.logins().oauth, logins.oauth + 1)
})

test('who has no section, no profile or no token is told so, each in their way', async () => {
  const other = await profileOwner(house)
  const { username, password } = await newAccount(house.provider)
  const pending = await house.door.signIn(username, password)
  const path = `${STATION}/proxy/bearer/bearer/data`
  const asked = async (token?: string) => {
    const { status, problem } = await house.ask('GET', path, token === undefined ? {} : { token })
    return [status, problem]
  }

  assert.deepEqual(await asked(other.token), [404, 'auth-profile-not-found'])
  assert.deepEqual(await asked(pending), [403, 'approval-pending'])
  assert.deepEqual(await asked(), [401, 'token-missing'])
  for (const hidden of ['/revealed/bearer', '/auth-profile-store/admin/list']) {
    const { status, problem } = await owner.asks('GET', hidden)
    assert.deepEqual([status, problem], [403, 'section-required'], hidden)
  }
})

/** What an API key with this scope would be exchanged for: their token, held to it. */
async function scopedToken(scope: string): Promise<string> {
  const { sealingKey } = houseSecrets(house.folder)
  const quiet = { info() {}, warn() {}, error: assert.fail } as never
  const keys = signingKeys({ db: servingHandle(house.databases.user), sealing: keyRing(sealingKey), log: quiet })
  try {
    const claims = decodeJwt(owner.token) as unknown as PlatformClaims
    return signAccessToken({ ...claims, jti: randomUUID(), scope }, await keys.access())
  } finally {
    keys.close()
  }
}

test('a token for session-station:proxy reaches the proxy and nothing else, at the gateway and behind it', async () => {
  const token = await scopedToken('session-station:proxy')
  const proxied = '/proxy/bearer/bearer/data'
  const others = [
    '/auth-profiles',
    '/auth-context/bearer',
    '/auth-context/bearer/headers',
    '/auth-profiles/bearer/logs',
  ]

  assert.equal((await owner.asks('GET', proxied, undefined, token)).status, 200)
  for (const path of [...others, '/revealed/bearer']) {
    const { status, problem } = await owner.asks('GET', path, undefined, token)
    assert.deepEqual([status, problem], [403, 'scope-required'], path)
  }
  const behind = async (path: string) => {
    const headers = { authorization: `Bearer ${token}`, 'x-user-sub': owner.sub }
    return (await fetch(house.servicesUrl + STATION + path, { headers })).status
  }
  assert.equal(await behind(proxied), 200)
  for (const path of others) assert.equal(await behind(path), 403, path)
})

test('nothing of the house itself can be called: its addresses are refused before anything is sent', async () => {
  for (const address of [house.servicesUrl, house.addresses.gateway, house.addresses.idp, 'http://169.254.169.254']) {
    const profile = {
      ...outsideProfiles(address).bearer,
      service_id: `inside-${new URL(address).port}`,
    }
    assert.equal((await owner.asks('POST', '/auth-profiles', profile)).status, 201)
    const { status, problem, body } = await owner.asks<{ detail: string }>('GET', `/auth-context/${profile.service_id}`)

    assert.deepEqual([status, problem], [502, 'target-login-failed'])
    assert.match(body.detail, /not allowed/)
  }
})
