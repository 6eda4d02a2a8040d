import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually } from '@munjigi/testing/eventually'
import { endProcess, startProcess } from '@munjigi/testing/own-process'

const MAIN = join(import.meta.dirname, 'main.ts')
const SERVICES = 'services:\n  user: { host: "http://127.0.0.1:1", modules: [auth] }\n'

function start(t: TestContext, words: string[], env: Record<string, string> = {}) {
  const gateway = startProcess(MAIN, env, words)
  t.after(() => endProcess(gateway))
  return gateway
}

function servicesFile(t: TestContext, text = SERVICES): string {
  const folder = mkdtempSync(join(tmpdir(), 'main-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'services.yaml')
  writeFileSync(file, text)
  return file
}

test('check prints the table and exits 0, or the faults and exits 1', async (t) => {
  const good = start(t, ['check', servicesFile(t)])
  const bad = start(t, ['check', servicesFile(t, `${SERVICES}  meal: { hots: x }\n`)])

  assert.equal(await good.exited, 0)
  assert.match(good.written(), /auth +http:\/\/127.0.0.1:1/)
  assert.equal(await bad.exited, 1)
  assert.match(bad.written(), /services\.yaml:3:\d+ .*hots/)
})

test('a command that is none is answered with those that are', async (t) => {
  const { exited, written } = start(t, ['chekc'])

  assert.equal(await exited, 2)
  assert.match(written(), /check FILE/)
})

test('without its settings it does not start and names them all', async (t) => {
  const { exited, written } = start(t, [], { GATEWAY_PORT: 'x' })

  assert.equal(await exited, 1)
  for (const name of ['GATEWAY_PORT', 'PLATFORM_ISSUER', 'INTERNAL_KEY']) assert.match(written(), new RegExp(name))
})

test('it serves, writes its lines, shows its figures apart, and ends at SIGTERM', async (t) => {
  const { child, exited, written, listening } = start(t, [], {
    SERVICES_CONFIG_FILE: servicesFile(t),
    GATEWAY_PORT: '0',
    METRICS_PORT: '0',
    HOST: '127.0.0.1',
    PLATFORM_ISSUER: 'https://gateway.example',
    INTERNAL_KEY: 'Zx81-kJ3p_qW0vB7nM5tY2rE9uI6oA4sD1fG8hL',
  })
  const url = await listening()

  const refused = await fetch(`${url}/api/auth/v1/me`)
  await refused.body?.cancel()
  const figures = await eventually(async () => {
    const [, address = ''] = /figures at (http:[^"]+)/.exec(written()) ?? []
    const text = await (await fetch(address)).text()
    assert.match(text, /gateway_requests_total{module="auth",method="GET",status="401"} 1/)
    return text
  })
  child.kill('SIGTERM')

  assert.equal(await exited, 0)
  assert.equal(refused.status, 401)
  assert.match(figures, /process_cpu_seconds_total/)
  assert.match(written(), /"route":"\/auth","status":401/)
})
