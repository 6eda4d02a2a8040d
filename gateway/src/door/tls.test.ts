import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { generate } from 'selfsigned'
import { WebSocket, WebSocketServer } from 'ws'
import { runGateway, until } from '../gateway.fixture.ts'
import { raw } from '../raw-client.fixture.ts'

async function certificate(t: TestContext, name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const make = async (commonName: string) =>
    generate([{ name: 'commonName', value: commonName }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    })
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') }
  const write = async (commonName: string) => {
    const pems = await make(commonName)
    writeFileSync(files.certFile, pems.cert)
    writeFileSync(files.keyFile, pems.private)
    return pems
  }
  return { ...files, write, pems: await write(name) }
}

const nameShownBy = async (port: number): Promise<string> => {
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}

test('with a certificate the door speaks https, and services are told so', async (t) => {
  const { certFile, keyFile, pems } = await certificate(t, 'first')
  const { port, seen } = await runGateway(t, { options: { tls: { certFile, keyFile } } })

  const [response] = (await once(
    get({ port, host: '127.0.0.1', path: '/api/meal/open', ca: pems.cert, headers: { connection: 'close' } }),
    'response',
  )) as [IncomingMessage]
  response.resume()

  assert.equal(response.statusCode, 200)
  assert.equal(seen[0]?.rawHeaders.find(([name]) => name === 'x-forwarded-proto')?.[1], 'https')
})

test('a new certificate is taken up while the door is open, one that does not fit its key is not', async (t) => {
  const { certFile, keyFile, write } = await certificate(t, 'first')
  const { port } = await runGateway(t, { options: { tls: { certFile, keyFile } } })

  await write('second')
  await until(async () => (await nameShownBy(port)) === 'second')
  writeFileSync(certFile, 'no certificate')
  await write('third')

  await until(async () => (await nameShownBy(port)) === 'third')
})

test('a service behind https is believed only by its authority, for requests and for sockets', async (t) => {
  const { pems, certFile, keyFile } = await certificate(t, 'meal')
  const server = createServer({ cert: pems.cert, key: pems.private }, (_request, response) => response.end('ok'))
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.send('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
    server.close()
  })
  const mealUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const trusting = await runGateway(t, { mealUrl, settings: `    ca_file: ${certFile}` })
  const doubting = await runGateway(t, { mealUrl })
  const dial = (port: number) => new WebSocket(`ws://127.0.0.1:${port}/ws/meal/open`)

  // The caller's Host has no say in whose certificate is expected.
  const request = 'GET /api/meal/open HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n\r\n'
  assert.equal((await raw(trusting.port, request)).status, 200)
  const client = dial(trusting.port)
  assert.equal(String((await once(client, 'message'))[0]), 'hello')
  client.terminate()
  const settings = `    ca_file: ${certFile}`
  const encrypted = await runGateway(t, { mealUrl, settings, options: { tls: { certFile, keyFile } } })
  const secret = new WebSocket(`wss://127.0.0.1:${encrypted.port}/ws/meal/open`, { ca: pems.cert })
  assert.equal(String((await once(secret, 'message'))[0]), 'hello')
  secret.terminate()
  assert.equal((await fetch(`${doubting.url}/api/meal/open`)).status, 502)
  const refused = dial(doubting.port)
  const [error] = (await once(refused, 'error')) as [Error]
  assert.match(error.message, /502/)
})
