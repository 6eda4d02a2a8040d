// The outside service: a login that takes its time and is counted, a small answer, and a body as long as is asked for.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { LOGIN_MS } from './profile.ts'

export interface Seen {
  logins: number
}

const SMALL = Buffer.from(JSON.stringify({ restaurant: '학생식당', dishes: ['김치찌개', '제육볶음'], price: 5500 }))
const CHUNK = Buffer.alloc(64 * 1024, 'x')
let logins = 0

const server = createServer(async (request, response) => {
  const [, route, length] = (request.url ?? '').split('/')
  if (route === 'login') await logIn(request, response)
  else if (route === 'stream') await stream(response, Number(length))
  else response.writeHead(200, { 'content-type': 'application/json', 'content-length': SMALL.length }).end(SMALL)
})

async function logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  logins += 1
  await once(request.resume(), 'end')
  await delay(LOGIN_MS)
  const token = `eyJhbGciOiJSUzI1NiJ9.${'x'.repeat(800)}.${logins}`
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ access_token: token }))
}

async function stream(response: ServerResponse, length: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': length })
  for (let sent = 0; sent < length && !response.destroyed; sent += CHUNK.length) {
    if (!response.write(CHUNK.subarray(0, length - sent))) await once(response, 'drain')
  }
  response.end()
}

process.on('message', () => {
  process.send?.({ logins } satisfies Seen)
  logins = 0
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address() as AddressInfo))
