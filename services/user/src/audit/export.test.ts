import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { AuditEvent } from '@munjigi/contracts/audit'
import { sql } from 'kysely'
import { OTHER_TENANT, testAdministration } from '../admin/administration.fixture.ts'
import { TENANT } from '../service.fixture.ts'

const ROWS = 20_000

let house: Awaited<ReturnType<typeof testAdministration>>
before(async () => {
  house = await testAdministration()
  for (let from = 0; from < ROWS; from += 500)
    await sql`
      insert into users.audit_events (actor, action, target, tenant_id, details)
      select 'someone', 'many.' || i % 2, i, (case when i % 100 = 0 then ${OTHER_TENANT} else ${TENANT} end)::uuid,
        jsonb_build_object('text', repeat('x', 500))
      from generate_series(${from}::int, ${from + 499}::int) as i`.execute(house.db)
  await house.app.listen({ host: '127.0.0.1', port: 0 })
})
after(() => house.close())

const headersOf = (sub: string) => ({
  authorization: `Bearer ${house.issuer.token({ sub })}`,
  'x-user-sub': sub,
})
const urlOf = (query: string) =>
  `http://127.0.0.1:${(house.app.server.address() as AddressInfo).port}/api/admin/v1/audit-events/export${query}`

async function exported(sub: string, query: string): Promise<AuditEvent[]> {
  const response = await fetch(urlOf(query), { headers: headersOf(sub) })
  assert.equal(response.headers.get('content-type'), 'application/x-ndjson')
  const text = await response.text()
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

test('an export has every line that its filter lets through once, newest first, and is audited', async () => {
  const lines = await exported(house.superuser, '?action=many.1')

  assert.equal(lines.length, ROWS / 2)
  assert.equal(new Set(lines.map(({ id }) => id)).size, ROWS / 2)
  assert.deepEqual(
    lines.map(({ id }) => Number(id)),
    lines.map(({ id }) => Number(id)).toSorted((a, b) => b - a),
  )
  const audited = await house.db.selectFrom('audit_events').selectAll().where('action', '=', 'audit.exported').execute()
  assert.deepEqual(
    audited.map(({ actor, details }) => [actor, details]),
    [[house.superuser, { action: 'many.1' }]],
  )
})

test("an administrator exports the own tenant's lines alone, whichever tenant they ask for", async () => {
  const grant = { 'admin-page': 'admin' } as const
  const sub = await house.seed({ role: 'ADMIN', tenant_id: OTHER_TENANT, sections: grant })
  const own = await exported(sub, '?action=many.')

  assert.equal(own.length, ROWS / 100)
  assert.deepEqual(await exported(sub, `?action=many.&tenant_id=${TENANT}`), own)
  const nobody = await fetch(urlOf(''), { headers: headersOf(await house.seed()) })
  assert.equal(nobody.status, 403)
})

test('an export is read as its reader takes it, and breaks off where its administrator is no longer one', async () => {
  const sub = await house.seed({ role: 'ADMIN', superuser: true })
  const request = get(urlOf(''), { headers: headersOf(sub) })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  await once(response, 'readable')
  await house.db.updateTable('people').set({ status: 'disabled' }).where('sub', '=', sub).execute()

  await assert.rejects(async () => {
    for await (const _ of response);
  }, /aborted/)
  assert.equal(response.complete, false)
})
