import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { failingDatabase } from '@munjigi/testing/failing-database'
import { testUpstream } from '@munjigi/testing/upstream'
import { newProfile } from '../profiles/profiles.fixture.ts'
import { testService } from '../service.fixture.ts'

const target = await testUpstream((_request, response) => {
  response.setHeader('content-type', 'application/json').end('{"data":{"token":"t-0815"}}')
})
const service = await testService()
after(async () => {
  await service.close()
  await target.close()
})
const lee = service.as('lee')

async function add(): Promise<string> {
  const id = randomUUID()
  const login_config = { url: `${target.url}/login`, payload: { username: 'kim', password: 'p-4711', pin: 0 } }
  const answer = await lee('POST', '/auth-profiles', newProfile(id, { login_config }))
  assert.equal(answer.statusCode, 201, answer.body)
  return id
}

const eventsOf = (id: string) =>
  service.db
    .selectFrom('audit_events')
    .select(['actor', 'action', 'target', 'details'])
    .where('target', '=', id)
    .orderBy('id')
    .execute()

test('the owner sees the secrets, with the types they were entered in, and the audit log says so', async () => {
  const id = await add()
  const answer = await lee('GET', `/revealed/${id}`)

  assert.equal(answer.statusCode, 200)
  const { profile, context } = answer.json()
  assert.deepEqual(profile.login_config.payload, { username: 'kim', password: 'p-4711', pin: 0 })
  assert.equal(context, null)
  assert.deepEqual(await eventsOf(id), [{ actor: 'lee', action: 'auth-profile.revealed', target: id, details: {} }])
})

test('what the present login has brought is shown, and none is made for it', async () => {
  const id = await add()
  assert.equal((await lee('GET', `/revealed/${id}`)).json().context, null)
  await lee('GET', `/auth-context/${id}`)
  const { context } = (await lee('GET', `/revealed/${id}`)).json()

  assert.deepEqual(context.fields, { access_token: 't-0815' })
  assert.equal(context.injections[0].value, 'Bearer t-0815')
  assert.ok(Date.parse(context.expires_at) > Date.parse(context.obtained_at))
})

test('a test login shows what came back, and the audit log says so', async () => {
  const id = await add()
  const answer = await lee('POST', `/revealed/${id}/test`)

  assert.equal(answer.statusCode, 200, answer.body)
  assert.deepEqual(answer.json().response_body, { data: { token: 't-0815' } })
  assert.deepEqual(answer.json().extracted_context, { access_token: 't-0815' })
  assert.deepEqual(
    (await eventsOf(id)).map(({ action }) => action),
    ['auth-profile.test-revealed'],
  )
})

test('nobody else is shown secrets: no key, no client acting for the owner, no client account', async () => {
  const id = await add()
  const narrowed = [
    { scope: 'session-station', amr: ['api_key'] },
    { scope: 'session-station:revealed' },
    { scope: 'session-station', act: { sub: 'agent' } },
    { act: { sub: 'agent' } },
    { amr: ['api_key'] },
    { sid: undefined, client_id: 'agent' },
  ]
  for (const claims of narrowed)
    for (const [method, path] of [
      ['GET', `/revealed/${id}`],
      ['POST', `/revealed/${id}/test`],
    ] as const) {
      const answer = await service.as('lee', claims)(method, path)
      assert.deepEqual([answer.statusCode, answer.json().type], [403, '/problems/reveal-refused'])
    }
  assert.deepEqual(await eventsOf(id), [])
})

test('the document says that secrets are shown to a login of one’s own alone', async () => {
  const { paths } = (await service.app.inject('/api/session-station/openapi.json')).json()
  const told = Object.entries<Record<string, Record<string, unknown>>>(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, says]) => (says['x-own-login'] === true ? [`${method} ${path}`] : [])),
  )

  const revealed = '/api/session-station/v1/revealed/{service_id}'
  assert.deepEqual(told, [`get ${revealed}`, `post ${revealed}/test`])
})

test('what the audit log cannot be told is not shown', async () => {
  const id = await add()
  const database = failingDatabase(service.database, (statement) => /InsertQueryNode.*audit_events/.test(statement))
  const app = service.start({ database })
  for (const [method, path] of [
    ['GET', `/revealed/${id}`],
    ['POST', `/revealed/${id}/test`],
  ] as const) {
    const answer = await service.as('lee', {}, app)(method, path)

    assert.deepEqual([answer.statusCode, answer.json().type], [503, '/problems/unavailable'])
    assert.equal(/4711|0815/.test(answer.body), false)
  }
})
