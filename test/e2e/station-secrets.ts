import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { foundIn } from '@munjigi/testing/planted'
import { testUpstream, type Upstream } from '@munjigi/testing/upstream'
import { type ProfileOwner, profileOwner, STATION } from './profile-owner.ts'
import type { SeparateHouse } from './separate-house.ts'

/** What is no secret, and shows that what is searched can be found there. */
const PUBLIC = `open-${randomBytes(12).toString('hex')}`
const PLACES = [
  'payload',
  'deep',
  'query',
  'userinfo',
  'header',
  'fixed',
  'renewal',
  'access',
  'refresh',
  'session',
] as const
type Place = (typeof PLACES)[number]
/** What is searched for: the beginnings of the values. */
const secrets = Object.fromEntries(
  PLACES.map((place) => [place, `${place}-${randomBytes(12).toString('hex')}`]),
) as Record<Place, string>
/** With characters that are written in more than one way. */
const value = (place: Place) => `${secrets[place]}/ü"&`

/** An outside service that lets nobody read before a renewal, and answers with what it was given and gave. */
function startTarget(): Promise<Upstream> {
  let renewals = 0
  return testUpstream((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    if (url.pathname === '/refused') return response.writeHead(401).end(JSON.stringify({ said: value('payload') }))
    if (url.pathname === '/data' && renewals === 0) return response.writeHead(401).end(secrets.access)
    if (url.pathname === '/data') return response.end(JSON.stringify({ reflected: request.headers.authorization }))
    renewals += Number(url.pathname === '/renew')
    response.setHeader('set-cookie', `s=${secrets.session}; Path=/`)
    return response.end(JSON.stringify({ access: secrets.access, refresh: secrets.refresh }))
  })
}

export const stationSecrets = (open: () => SeparateHouse) =>
  suite('the whole house, searched for what was planted', () => {
    let house: SeparateHouse
    let owner: ProfileOwner
    let target: Upstream
    let watched: () => string
    const answers: string[] = []

    before(async () => {
      house = open()
      watched = await house.redis.watch()
      owner = await profileOwner({ ...house.gateway, provider: house.provider })
      target = await startTarget()
    })
    after(async () => {
      await target?.close()
    })

    /** Every answer is kept to be searched, whatever it says. */
    async function asks(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) {
      const answer = await owner.asks<Record<string, unknown>>(method, path, body)
      answers.push(JSON.stringify([path, answer]))
      return answer
    }

    const content = (url: string) => ({
      name: PUBLIC,
      auth_type: 'bearer',
      login_config: {
        url: `${url}?api=${encodeURIComponent(value('query'))}`,
        userinfo: `me:${value('userinfo')}`,
        headers: { 'x-tenant-key': secrets.header },
        payload: { password: value('payload'), more: [{ deep: value('deep') }] },
      },
      extraction_rules: [
        { name: 'access', source: 'body', key_path: 'access' },
        { name: 'refresh', source: 'body', key_path: 'refresh' },
        { name: 'fixed', source: 'fixed', value: value('fixed') },
      ],
      injection_rules: [
        {
          source_field: 'access',
          target: 'header',
          key: 'Authorization',
          value_template: 'Bearer {access}',
          required: true,
        },
        { source_field: 'fixed', target: 'query', key: 'k', value_template: '{fixed}', required: true },
      ],
      refresh_config: {
        enabled: true,
        refresh_token_field: 'refresh',
        method: 'POST',
        url: `${target.url}/renew`,
        timeout: 10,
        payload: { secret: value('renewal'), token: '{refresh}' },
      },
    })

    test('no planted secret stands in the database, in Redis, on its wire, in a log, in an error or in an answer', async () => {
      const good = { service_id: PUBLIC, ...content(`${target.url}/login`) }
      assert.equal((await asks('POST', '/auth-profiles', good)).status, 201)
      assert.equal((await asks('POST', `/auth-profiles/${PUBLIC}/test`)).status, 200)
      const proxied = await asks('GET', `/proxy/${PUBLIC}/data`)
      assert.equal(proxied.status, 200)
      assert.equal((await asks('POST', `/auth-profiles/${PUBLIC}/refresh`)).status, 200)
      const told = await owner.asks<Record<string, string>>('GET', `/auth-context/${PUBLIC}/headers`)
      assert.equal(told.body.Authorization, `Bearer ${secrets.access}`)
      await asks('PUT', `/auth-profiles/${PUBLIC}`, { description: 'changed', login_config: { timeout: 20 } })
      await asks('POST', '/auth-profile-store/upload', { service_id: PUBLIC })
      await asks('GET', '/auth-profile-store/list')
      await asks('PUT', `/auth-profiles/${PUBLIC}`, { ...content(`${target.url}/login`), ttl: 0 })
      assert.equal((await asks('POST', '/auth-profiles', good)).status, 409)
      const bad = { service_id: 'bad', ...content(`${target.url}/refused`) }
      assert.equal((await asks('POST', '/auth-profiles', bad)).status, 201)
      assert.equal((await asks('GET', '/proxy/bad/data')).status, 502)
      assert.equal((await asks('POST', '/auth-profiles/bad/test')).status, 400)
      for (const path of [
        '/auth-profiles',
        `/auth-profiles/${PUBLIC}`,
        '/auth-profiles/bad/logs',
        `/auth-profiles/${PUBLIC}/logs`,
      ])
        assert.equal((await asks('GET', path)).status, 200)

      const dump = await promisify(execFile)('pg_dump', [house.databaseUrl], { maxBuffer: 2 ** 28 })
      const programs = ['station', 'gateway', 'secondGateway', 'user'] as const
      const places: Record<string, string> = {
        'database dump': dump.stdout,
        'wire to Redis': watched(),
        answers: answers.join('\n'),
        ...Object.fromEntries(programs.map((name) => [`log and errors of ${name}`, house.process(name).written()])),
      }
      // That there was something to find, had it been there.
      for (const text of [dump.stdout, watched(), answers.join()]) assert.deepEqual(foundIn(text, [PUBLIC]), [PUBLIC])
      assert.ok(house.process('station').written().includes(`${STATION}/proxy/:service_id/*`))
      assert.ok(target.requests.some(({ body }) => foundIn(body, [secrets.deep]).length > 0))
      for (const [place, text] of Object.entries(places))
        assert.deepEqual(foundIn(text, Object.values(secrets)), [], place)
    })
  })
