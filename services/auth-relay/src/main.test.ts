import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { endProcess, startProcess } from '@munjigi/testing/own-process'
import { entryOf } from './clients/clients.fixture.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const good = {
  BASE_URL: 'https://example.com/relay',
  JWT_SECRET: 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6',
  RELAY_TO_CHATBOT_HMAC_SECRET: 'z9Y8x7W6v5U4t3S2r1Q0p9O8n7M6l5K4',
  ALLOW_UNSIGNED_ISSUE: 'true',
  REDIS_URL: 'redis://127.0.0.1:1',
  PORT: '0',
}

function start(t: TestContext, clients: object | undefined, change: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-clients-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'clients.json')
  if (clients !== undefined) writeFileSync(path, JSON.stringify(clients))
  const relay = startProcess(MAIN, { ...good, CLIENTS_FILE: path, ...change })
  t.after(() => endProcess(relay))
  return { ...relay, exit: relay.exited.then((code) => ({ code, written: relay.written() })) }
}

test('every fault of the settings, then of the clients, is printed, and nothing is served', async (t) => {
  const environment = await start(t, {}, { BASE_URL: '', JWT_SECRET: 'dev-secret-please-change', REDIS_URL: 'x' }).exit
  const settings = await start(t, {}, { BASE_URL: 'http://relay.example.com' }).exit
  const clients = await start(t, { one: { ...entryOf(), realm: '' }, two: {} }).exit
  const file = await start(t, undefined).exit
  const expected: [{ code: number | null; written: string }, RegExp[]][] = [
    [environment, [/BASE_URL is missing/, /JWT_SECRET is not usable/, /REDIS_URL is not usable/]],
    [settings, [/BASE_URL is not usable: plain http/]],
    [clients, [/one: realm: is not usable/, /two: issuer: is missing/, /two: client_secret: .*TWO__SECRETS/]],
    [file, [/CLIENTS_FILE .* cannot be read: ENOENT.*clients\.json/]],
  ]

  for (const [{ code, written }, texts] of expected) {
    assert.equal(code, 1)
    for (const text of texts) assert.match(written, text)
    assert.ok(!/ at .*\.ts:\d+/.test(written), written)
  }
})

test('it starts without its store, with the client secret of the environment, and ends when it is told to', async (t) => {
  const { client_secret: _, ...entry } = entryOf()
  const relay = start(t, { 'kakao-bot': entry }, { 'kakao-bot__secrets': 'of-the-idp', DEBUG: 'true' })
  const health = await fetch(`${await relay.listening()}/relay/health`)
  relay.child.kill('SIGTERM')
  const { code, written } = await relay.exit

  assert.deepEqual([health.status, await health.json()], [200, { status: 'ok' }])
  assert.equal(code, 0)
  assert.ok(!written.includes('of-the-idp'))
})
