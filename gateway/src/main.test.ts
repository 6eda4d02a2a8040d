import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { until } from './gateway.fixture.ts'

const MAIN = join(import.meta.dirname, 'main.ts')
const SERVICES = 'services:\n  user: { host: "http://127.0.0.1:1", modules: [auth] }\n'

function start(t: TestContext, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH, ...env } })
  const output = { text: '' }
  child.stdout.on('data', (chunk) => (output.text += chunk))
  child.stderr.on('data', (chunk) => (output.text += chunk))
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'close').then(([code]) => code as number)
  return { child, output, ended }
}

function servicesFile(t: TestContext, text = SERVICES): string {
  const folder = mkdtempSync(join(tmpdir(), 'main-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'services.yaml')
  writeFileSync(file, text)
  return file
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return String(port)
}

test('check prints the table and exits 0, or the faults and exits 1', async (t) => {
  const good = start(t, ['check', servicesFile(t)])
  const bad = start(t, ['check', servicesFile(t, `${SERVICES}  meal: { hots: x }\n`)])

  assert.equal(await good.ended, 0)
  assert.match(good.output.text, /auth +http:\/\/127.0.0.1:1/)
  assert.equal(await bad.ended, 1)
  assert.match(bad.output.text, /services\.yaml:3:\d+ .*hots/)
})

test('a command that is none is answered with those that are', async (t) => {
  const { ended, output } = start(t, ['chekc'])

  assert.equal(await ended, 2)
  assert.match(output.text, /check FILE/)
})

test('without its settings it does not start and names them all', async (t) => {
  const { ended, output } = start(t, [], { GATEWAY_PORT: 'x' })

  assert.equal(await ended, 1)
  for (const name of ['GATEWAY_PORT', 'PLATFORM_ISSUER', 'INTERNAL_KEY']) assert.match(output.text, new RegExp(name))
})

test('it serves, writes its lines, shows its figures apart, and ends at SIGTERM', async (t) => {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const { child, ended, output } = start(t, [], {
    SERVICES_CONFIG_FILE: servicesFile(t),
    GATEWAY_PORT: port,
    METRICS_PORT: metricsPort,
    HOST: '127.0.0.1',
    PLATFORM_ISSUER: 'https://gateway.example',
    INTERNAL_KEY: 'Zx81-kJ3p_qW0vB7nM5tY2rE9uI6oA4sD1fG8hL',
  })
  const ask = (at: string, path: string) => fetch(`http://127.0.0.1:${at}${path}`)
  await until(() =>
    ask(port, '/healthz').then(
      () => true,
      () => false,
    ),
  )

  const refused = await ask(port, '/api/auth/v1/me')
  const figures = await (await ask(metricsPort, '/metrics')).text()
  child.kill('SIGTERM')

  assert.equal(await ended, 0)
  assert.equal(refused.status, 401)
  assert.match(figures, /gateway_requests_total{module="auth",method="GET",status="401"} 1/)
  assert.match(figures, /process_cpu_seconds_total/)
  assert.match(output.text, /"route":"\/auth","status":401/)
})
