import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ExchangedToken, INTERNAL_USER_PATH } from '@munjigi/contracts/access'
import type { MadeApiKey } from '@munjigi/contracts/api-keys'
import type { AuthContext } from '@munjigi/contracts/auth-contexts'
import { X_INTERNAL_KEY } from '@munjigi/contracts/headers'
import { CREDENTIALS } from '@munjigi/dev-target/credentials'
import { KINDS } from '@munjigi/dev-target/kind'
import { houseSecrets } from '@munjigi/embedded/secrets'
import { SEEDED_PASSWORD } from '@munjigi/testing/provider'
import { newAccount } from './chats.ts'
import { type TestHouse, testHouse } from './house.ts'
import { outsideProfiles } from './outside-profiles.ts'
import { until } from './patience.ts'
import { type ProfileOwner, profileOwner, STATION } from './profile-owner.ts'

const KEYS = '/api/auth/v1/keys'
/** A message needs a moment, on a busy machine several. */
const TOLD_WITHIN_MS = 10_000

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

async function newKey({ token }: ProfileOwner, scopes: string[]): Promise<MadeApiKey> {
  const { status, body } = await house.ask<MadeApiKey>('POST', KEYS, { token, body: { name: 'agent', scopes } })
  assert.equal(status, 201)
  return body
}

test('an API key for session-station:proxy reaches the proxy and nothing else, at the gateway and behind it', async () => {
  const { api_key } = await newKey(owner, ['session-station:proxy'])
  const proxied = '/proxy/bearer/bearer/data'
  const others = [
    '/auth-profiles',
    '/auth-context/bearer',
    '/auth-context/bearer/headers',
    '/auth-profiles/bearer/logs',
  ]

  assert.equal((await owner.asks('GET', proxied, undefined, api_key)).status, 200)
  for (const path of [...others, '/revealed/bearer']) {
    const { status, problem } = await owner.asks('GET', path, undefined, api_key)
    assert.deepEqual([status, problem], [403, 'scope-required'], path)
  }
  for (const path of ['/api/meal/v1/menus', KEYS, '/api/auth/v1/me']) {
    const { status, problem } = await house.ask('GET', path, { token: api_key })
    assert.deepEqual([status, problem], [403, 'scope-required'], path)
  }

  const exchanged = await fetch(`${house.servicesUrl}${INTERNAL_USER_PATH}/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [X_INTERNAL_KEY]: houseSecrets(house.folder).internalKey },
    body: JSON.stringify({ api_key }),
  })
  const { access_token } = (await exchanged.json()) as ExchangedToken
  const behind = async (path: string) => {
    const headers = { authorization: `Bearer ${access_token}`, 'x-user-sub': owner.sub }
    return (await fetch(house.servicesUrl + STATION + path, { headers })).status
  }
  assert.equal(await behind(proxied), 200)
  for (const path of others) assert.equal(await behind(path), 403, path)
})

test('a key does what its owner may now, and no more once they may less, revoke it or are disabled', async () => {
  const agent = await profileOwner(house)
  const administrator = await house.door.signIn('admin.park', SEEDED_PASSWORD)
  const [first, second] = [await newKey(agent, ['session-station']), await newKey(agent, ['session-station', 'meal'])]
  const profilesBy = (key: MadeApiKey) => () => house.ask('GET', `${STATION}/auth-profiles`, { token: key.api_key })
  const restaurantsBy = (key: MadeApiKey) => () => house.ask('GET', '/api/meal/v1/restaurants', { token: key.api_key })
  const change = (method: 'PUT' | 'POST', path: string, body?: object) =>
    house.door.call(method, `/api/admin/v1/people/${agent.sub}/${path}`, administrator, body)
  for (const ask of [profilesBy(first), profilesBy(second), restaurantsBy(second)])
    assert.equal((await ask()).status, 200)

  await house.ask('DELETE', `${KEYS}/${first.key_id}`, { token: agent.token })
  await until(profilesBy(first), 401, TOLD_WITHIN_MS)
  assert.equal((await profilesBy(second)()).status, 200)
  await change('PUT', 'sections', { sections: [] })
  await until(profilesBy(second), 403, TOLD_WITHIN_MS)
  assert.equal((await restaurantsBy(second)()).status, 200)
  await change('POST', 'disable')
  await until(restaurantsBy(second), 401, TOLD_WITHIN_MS)
  await change('POST', 'enable')
  assert.equal((await restaurantsBy(second)()).status, 401)
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
