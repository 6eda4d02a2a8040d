import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import type { Slot, Template } from '@munjigi/contracts/auth-profile-store'
import { sql } from 'kysely'
import { BASE, testService } from '../service.fixture.ts'
import { templateStore } from './template-store.ts'

const OTHER_TENANT = '00000000-0000-4000-8000-000000000002'
const UNKNOWN = '00000000-0000-4000-8000-00000000dead'

const service = await testService()
after(service.close)
const lee = service.as('lee')
const choi = service.as('choi')
const outsider = service.as('han', { tenant_id: OTHER_TENANT })

const profile = (service_id: string, changes: object = {}) => ({
  service_id,
  name: `Outside ${service_id}`,
  auth_type: 'bearer',
  login_config: {
    url: 'https://login.example/session?key=planted-query',
    payload: { username: 'planted-user', password: 'planted-password', device: { pin: 482_910 } },
    headers: { accept: 'application/json', 'x-api-key': 'planted-header' },
  },
  extraction_rules: [
    { name: 'access_token', source: 'body', key_path: 'data.token' },
    { name: 'region', source: 'fixed', value: 'planted-region' },
  ],
  injection_rules: [
    { source_field: 'access_token', target: 'header', key: 'Authorization', value_template: 'Bearer {access_token}' },
  ],
  allowed_origins: ['https://login.example', 'https://api.example'],
  ...changes,
})

type Answer = Awaited<ReturnType<typeof lee>>
const refusal = (answer: Answer) => [answer.statusCode, answer.json().type]
const create = async (service_id: string, changes?: object) => {
  const answer = await lee('POST', '/auth-profiles', profile(service_id, changes))
  assert.equal(answer.statusCode, 201, answer.body)
}
const upload = (service_id: string, more: object = {}) =>
  lee('POST', '/auth-profile-store/upload', { service_id, ...more })
async function share(service_id: string, more: object = {}): Promise<Template> {
  await create(service_id)
  const answer = await upload(service_id, more)
  assert.equal(answer.statusCode, 201, answer.body)
  return answer.json()
}
const names = (answer: Answer) => {
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json().templates.map(({ name }: Template) => name)
}

suite('sharing', () => {
  test('an upload has a slot for every secret, names every host, and holds no secret anywhere', async () => {
    const shared = await share('whole', { name: 'Ours', tags: ['sso', 'sso', '인사'] })

    assert.deepEqual(
      shared.slots.map(({ name, kind }: Slot) => [name, kind]),
      [
        ['username', 'payload'],
        ['password', 'payload'],
        ['pin', 'payload'],
        ['x-api-key', 'header'],
        ['key', 'query'],
        ['region', 'fixed'],
      ],
    )
    assert.deepEqual(shared.hosts, ['https://api.example', 'https://login.example'])
    assert.deepEqual([shared.name, shared.tags, shared.owner], ['Ours', ['sso', '인사'], 'lee'])
    const { rows } = await sql<{
      row: string
    }>`select t::text as row from session_station.auth_profile_templates t`.execute(service.db)
    assert.doesNotMatch(JSON.stringify(shared) + JSON.stringify(rows), /planted|482910|ENC\(|\$secret/)
  })

  test('a preview shows the same and stores nothing', async () => {
    await create('looked-at')
    const preview = await upload('looked-at', { preview: true })
    const { template_id, created_at, ...stored } = (await upload('looked-at')).json()

    assert.equal(preview.statusCode, 200)
    assert.deepEqual(preview.json(), stored)
    const found = names(await lee('GET', '/auth-profile-store/list?search=looked-at'))
    assert.equal(found.length, 1)
  })

  test('a secret that stands in a public place too is named with both places, and nothing is stored', async () => {
    await create('careless', { description: 'log in with planted-password', name: 'Careless' })
    const answer = await upload('careless', { tags: ['planted-user'] })

    assert.deepEqual(refusal(answer), [400, '/problems/invalid-request'])
    assert.deepEqual(answer.json().faults, [
      { field: 'tags.0', message: 'holds the secret at login_config.payload.username' },
      { field: 'description', message: 'holds the secret at login_config.payload.password' },
    ])
    assert.doesNotMatch(answer.body, /planted/)
    assert.deepEqual(names(await lee('GET', '/auth-profile-store/list?search=Careless')), [])
    assert.equal((await upload('careless', { description: 'mended' })).statusCode, 201)
  })

  test('a template keeps what it was when its profile changes or goes', async () => {
    const { template_id } = await share('kept')
    await lee('PUT', '/auth-profiles/kept', { login_config: { url: 'https://elsewhere.example/' } })
    await lee('DELETE', '/auth-profiles/kept')

    const { content } = (await choi('GET', `/auth-profile-store/${template_id}`)).json()
    assert.equal(content.login_config.url, 'https://login.example/session')
  })

  test('who guesses secrets by previews is stopped, and every look is on record', async () => {
    const guesser = service.as('guesser')
    await guesser('POST', '/auth-profiles', profile('guessed'))
    const look = () => guesser('POST', '/auth-profile-store/upload', { service_id: 'guessed', preview: true })
    const noted = async () =>
      (
        await sql<{ n: number }>`select count(*)::int as n from session_station.audit_events
          where actor = 'guesser' and action = 'template.previewed'`.execute(service.db)
      ).rows[0]?.n
    for (let done = 0; done < 25; done += 1) assert.equal((await look()).statusCode, 200)
    const atOnce = await Promise.all(Array.from({ length: 10 }, look))
    const before = await noted()

    assert.ok(atOnce.filter(({ statusCode }) => statusCode === 200).length <= 5)
    assert.ok(before !== undefined && before >= 30)
    assert.deepEqual(refusal(await look()), [429, '/problems/too-many-uploads'])
    assert.equal(await noted(), before)
  })

  test('a profile that says too much to look through is not shared', async () => {
    await create('long', {
      injection_rules: [
        {
          source_field: 'access_token',
          target: 'body',
          key: 'text',
          value_template: `{access_token}${'x'.repeat(19_900)}`,
        },
      ],
    })

    assert.deepEqual(refusal(await upload('long')), [400, '/problems/invalid-request'])
  })
})

suite('finding', () => {
  test('templates are listed newest first, by text and by tag, in pages that join', async () => {
    for (const name of ['alpha 100%', 'beta', 'gamma'])
      await share(`find-${name.slice(0, 4)}`, { name, tags: ['find', name[0]] })

    assert.deepEqual(names(await choi('GET', '/auth-profile-store/list?tag=find')), ['gamma', 'beta', 'alpha 100%'])
    assert.deepEqual(names(await choi('GET', '/auth-profile-store/list?search=BET')), ['beta'])
    assert.deepEqual(names(await choi('GET', '/auth-profile-store/list?search=0%25')), ['alpha 100%'])
    assert.deepEqual(names(await choi('GET', '/auth-profile-store/list?search=a_b')), [])
    assert.deepEqual(names(await choi('GET', '/auth-profile-store/list?search=api.example&tag=g')), ['gamma'])
    const first = await choi('GET', '/auth-profile-store/list?tag=find&limit=2')
    const rest = await choi('GET', `/auth-profile-store/list?tag=find&limit=2&cursor=${first.json().next_cursor}`)
    assert.deepEqual([...names(first), ...names(rest)], ['gamma', 'beta', 'alpha 100%'])
    assert.equal(rest.json().next_cursor, undefined)
  })
})

suite('taking', () => {
  test('a download makes an inactive profile with the slots to fill and the hosts, and filling them makes it active', async () => {
    const { template_id, slots, hosts } = await share('taken')
    const answer = await choi('POST', `/auth-profile-store/download/${template_id}`)
    const taken = answer.json()

    assert.equal(answer.statusCode, 201)
    assert.deepEqual([taken.slots, taken.hosts], [slots, hosts])
    assert.deepEqual(
      [taken.profile.user_id, taken.profile.service_id, taken.profile.status],
      ['choi', 'taken', 'inactive'],
    )
    assert.deepEqual(taken.profile.missing_secrets.toSorted(), slots.flatMap(({ places }: Slot) => places).toSorted())
    const filling = await choi('PUT', '/auth-profiles/taken', {
      login_config: {
        payload: { username: 'choi', password: 'secret-of-choi', device: { pin: 1 } },
        query: { key: 'k' },
        headers: { 'x-api-key': 'h' },
      },
      extraction_rules: [
        { name: 'access_token', source: 'body', key_path: 'data.token' },
        { name: 'region', source: 'fixed', value: 'kr' },
      ],
    })
    assert.deepEqual([filling.statusCode, filling.json().status], [200, 'active'], filling.body)
  })

  test('slots given at once are filled; with all of them the profile is active', async () => {
    const { template_id } = await share('filled')
    const url = `/auth-profile-store/download/${template_id}`
    const all = { username: 'u', password: 'p', pin: 7, 'x-api-key': 'h', key: 'k', region: 'r' }
    const some = (await choi('POST', url, { service_id: 'some', slots: { username: 'u' } })).json()
    const whole = (await choi('POST', url, { service_id: 'all', name: 'Mine', slots: all })).json()

    assert.deepEqual([some.profile.status, some.slots.length], ['inactive', 5])
    assert.deepEqual([whole.profile.status, whole.slots, whole.profile.name], ['active', [], 'Mine'])
    assert.deepEqual(whole.profile.login_config.payload.password, { $secret: 'set' })
  })

  test('a second profile of a service, an unknown slot and a value that does not fit are refused', async () => {
    const { template_id } = await share('refused')
    const url = `/auth-profile-store/download/${template_id}`
    await choi('POST', url)

    assert.deepEqual(refusal(await choi('POST', url)), [409, '/problems/auth-profile-exists'])
    for (const body of [
      { service_id: 'r2', slots: { constructor: 'x' } },
      { service_id: 'r2', slots: { password: { $secret: 'set' } } },
      { service_id: 'r2', slots: { password: { $template: '{nobody}' } } },
      { service_id: 'r 2' },
      { hosts: [] },
    ])
      assert.deepEqual(refusal(await choi('POST', url, body)), [400, '/problems/invalid-request'], JSON.stringify(body))
  })
})

suite('whose it is', () => {
  test('only its owner takes a template back; to another tenant it is not there', async () => {
    const { template_id } = await share('owned')
    const path = `/auth-profile-store/${template_id}`

    assert.deepEqual(refusal(await choi('DELETE', path)), [403, '/problems/template-not-yours'])
    assert.deepEqual(refusal(await outsider('DELETE', path)), [404, '/problems/template-not-found'])
    assert.equal((await lee('DELETE', path)).statusCode, 204)
    assert.deepEqual(refusal(await lee('DELETE', path)), [404, '/problems/template-not-found'])
  })

  test('an administrator of the store lists and deletes what the tenant shares, on record', async () => {
    const { template_id } = await share('administered')
    const path = `/auth-profile-store/admin/${template_id}`

    assert.ok(names(await choi('GET', '/auth-profile-store/admin/list')).includes('Outside administered'))
    assert.deepEqual(refusal(await outsider('DELETE', path)), [404, '/problems/template-not-found'])
    assert.equal((await choi('DELETE', path)).statusCode, 204)
    const { rows } = await sql`select actor, action, details from session_station.audit_events
      where target = ${template_id}`.execute(service.db)
    assert.deepEqual(rows, [
      { actor: 'choi', action: 'template.removed', details: { owner_sub: 'lee', name: 'Outside administered' } },
    ])
  })

  test('tenants see nothing of each other, though one connection serves both in turns and errors lie between', async () => {
    const { template_id } = await share('isolated')
    const templates = templateStore(service.db)
    for (let turn = 0; turn < 20; turn += 1) {
      await assert.rejects(templates.find(OTHER_TENANT, 'no uuid'))
      assert.equal(await templates.find(OTHER_TENANT, template_id), undefined)
      assert.equal((await templates.find('00000000-0000-4000-8000-000000000001', template_id))?.owner, 'lee')
    }

    assert.deepEqual(names(await outsider('GET', '/auth-profile-store/list')), [])
    assert.deepEqual(names(await outsider('GET', '/auth-profile-store/admin/list')), [])
    for (const [method, path] of [
      ['GET', `/auth-profile-store/${template_id}`],
      ['POST', `/auth-profile-store/download/${template_id}`],
    ] as const)
      assert.deepEqual(refusal(await outsider(method, path)), [404, '/problems/template-not-found'])
    const { rows } = await sql`select 1 from session_station.auth_profile_templates`.execute(service.db)
    assert.deepEqual(rows, [])
  })
})

const uploadOf = { service_id: 'x' }
for (const [method, path, body] of [
  ['POST', '/auth-profile-store/upload', uploadOf],
  ['GET', '/auth-profile-store/list'],
  ['GET', `/auth-profile-store/${UNKNOWN}`],
  ['POST', `/auth-profile-store/download/${UNKNOWN}`],
  ['DELETE', `/auth-profile-store/${UNKNOWN}`],
  ['GET', '/auth-profile-store/admin/list'],
  ['DELETE', `/auth-profile-store/admin/${UNKNOWN}`],
] as const) {
  test(`${method} ${path}: nobody, a token without a tenant, one for the proxy, and what is absent are refused`, async () => {
    const nobody = await service.app.inject({ method, url: BASE + path, ...(body && { payload: body }) })
    const homeless = await service.as('lee', { tenant_id: undefined })(method, path, body)
    const proxyOnly = await service.as('lee', { scope: 'session-station:proxy' })(method, path, body)

    assert.deepEqual(refusal(nobody), [401, '/problems/token-missing'])
    assert.deepEqual(refusal(homeless), [403, '/problems/platform-token-required'])
    assert.deepEqual(refusal(proxyOnly), [403, '/problems/scope-required'])
    if (path.endsWith(UNKNOWN)) assert.equal((await lee(method, path, body)).statusCode, 404)
  })
}

test('another person’s profile cannot be uploaded, and requests that mean nothing are refused', async () => {
  await create('not-yours')

  assert.deepEqual(refusal(await choi('POST', '/auth-profile-store/upload', { service_id: 'not-yours' })), [
    404,
    '/problems/auth-profile-not-found',
  ])
  for (const [method, path, body] of [
    ['POST', '/auth-profile-store/upload', {}],
    ['POST', '/auth-profile-store/upload', { service_id: 'not-yours', tags: ['Big'] }],
    ['POST', '/auth-profile-store/upload', { service_id: 'not-yours', owner: 'choi' }],
    ['GET', '/auth-profile-store/list?limit=0'],
    ['GET', '/auth-profile-store/list?search='],
    ['GET', '/auth-profile-store/nonsense'],
    ['DELETE', '/auth-profile-store/admin/nonsense'],
  ] as const)
    assert.deepEqual(refusal(await lee(method, path, body)), [400, '/problems/invalid-request'], path)
})
