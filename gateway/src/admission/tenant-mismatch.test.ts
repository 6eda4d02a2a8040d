import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testUpstream } from '@munjigi/testing/upstream'
import { runGateway } from '../gateway.fixture.ts'
import { raw } from '../raw-client.fixture.ts'

const TENANT = '00000000-0000-4000-8000-000000000001'
const OTHER = '00000000-0000-4000-8000-000000000002'

test('another tenant than the token’s goes nowhere, to an external module neither, however the header is spelled', async (t) => {
  const outside = await testUpstream((_request, response) => void response.end('{}'))
  t.after(() => outside.close())
  const gateway = await runGateway(t, { file: `external: { outside: '${outside.url}' }` })
  const ask = async (module: string, lines: string[]) => {
    const head = [
      `GET /api/${module}/x HTTP/1.1`,
      'Host: x',
      `Authorization: ${gateway.bearer()}`,
      'Connection: close',
      ...lines,
    ]
    const { text: answer } = await raw(gateway.port, `${head.join('\r\n')}\r\n\r\n`)
    return `${answer.split(' ')[1]} ${/"detail":"([^"]*)"/.exec(answer)?.[1] ?? ''}`.trim()
  }

  for (const [module, seen] of [
    ['meal', gateway.seen],
    ['outside', outside.requests],
  ] as const) {
    for (const name of ['X-Tenant-Id', 'x-tenant-id', 'X-TENANT-ID'])
      assert.equal(await ask(module, [`${name}: ${OTHER}`]), '403 Tenant mismatch')
    assert.match(await ask(module, [`X-Tenant-Id: ${TENANT}`, `x-tenant-id: ${OTHER}`]), /^400 /)
    assert.equal(seen.length, 0)
    assert.equal(await ask(module, [`X-Tenant-Id: ${TENANT}`, `X_Tenant_Id: ${OTHER}`]), '200')
    assert.deepEqual(
      seen[0]?.rawHeaders.filter(([name]) => /tenant/i.test(name)).map(([, value]) => value),
      [TENANT],
    )
  }
})
