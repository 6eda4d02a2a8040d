import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { testUpstream } from '@munjigi/testing/upstream'
import { decode, encode, type Packet } from 'dns-packet'
import { generate } from 'selfsigned'
import { parseAllowed } from './allowed-ranges.ts'
import { createEgress } from './create-egress.ts'
import type { EgressAnswer, EgressError, EgressRequest } from './egress.ts'
import type { Resolve } from './resolvers.ts'

/** Every name is this machine. */
const toLoopback: Resolve = async () => ['127.0.0.1']

export function testEgress(t: TestContext, allow: string, resolve: Resolve = toLoopback) {
  const egress = createEgress({ allow: parseAllowed(allow), resolve })
  t.after(() => egress.close())
  return egress
}

export const get = (url: string, more: Partial<EgressRequest> = {}): EgressRequest => ({
  url: new URL(url),
  method: 'GET',
  headers: {},
  timeoutMs: 5000,
  followRedirects: true,
  ...more,
})

/** What a request that must fail fails with, as one line. */
export async function failureOf(answer: Promise<EgressAnswer>): Promise<string> {
  try {
    return `answered ${(await answer).status}`
  } catch (error) {
    const { kind, wasSent } = error as EgressError
    return `${kind}, ${wasSent ? 'sent' : 'not sent'}`
  }
}

/** A real HTTP server on a loopback address, and a way out that reaches it under any name. */
export async function testTarget(t: TestContext, handler: RequestListener) {
  const upstream = await testUpstream(handler)
  t.after(() => upstream.close())
  const { port } = upstream.server.address() as AddressInfo
  return { ...upstream, port, egress: testEgress(t, `127.0.0.1:${port}`) }
}

/** A name that a certificate is for. */
type AltName = { type: 2; value: string } | { type: 7; ip: string }
export const A_TEST: AltName = { type: 2, value: 'a.test' }

/** The port of a server over TLS with a certificate of its own, which is trusted until the test ends. */
export async function tlsTarget(t: TestContext, altNames: AltName[], handler: RequestListener): Promise<number> {
  const before = getCACertificates('default')
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'a.test' }], {
    keySize: 2048,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames },
    ],
  })
  setDefaultCACertificates([...before, cert])
  const server = createTlsServer({ cert, key }, handler)
  t.after(() => {
    setDefaultCACertificates(before)
    server.closeAllConnections()
    server.close()
  })
  return listening(server, '127.0.0.1')
}

/** Octets instead of a server: what it says to each connection is up to `talk`. */
export async function rawTarget(t: TestContext, talk: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).resume())
    talk(socket)
  })
  const port = await listening(server, '127.0.0.1')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const closed = async (socket: Socket) =>
    socket.closed || new Promise<void>((done) => socket.on('close', () => done()))
  const allClosed = () => Promise.all([...sockets].map(closed))
  return { port, sockets, allClosed, url: `http://target.test:${port}/`, egress: testEgress(t, `127.0.0.1:${port}`) }
}

export async function listening(server: Server, host: string): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

// RFC 1035 §4.1.1.
const SERVFAIL = 2
const NXDOMAIN = 3

type Question = { name: string; type: 'A' | 'AAAA' }

/** A name server that answers what it is told to, or nothing; undefined: there is no such name. `questions` is what it was asked. */
export async function testNameServer(
  t: TestContext,
  answers: (question: Question) => string[] | undefined | 'silence' | 'trouble',
) {
  const questions: Question[] = []
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => {
    const asked = decode(message)
    const question = asked.questions?.[0] as Question
    questions.push(question)
    const found = answers(question)
    if (found === 'silence') return
    const answer: Packet = {
      type: 'response',
      id: asked.id ?? 0,
      // Of the header: RCODE in the lowest four bits.
      flags: Array.isArray(found) ? 0 : found === 'trouble' ? SERVFAIL : NXDOMAIN,
      questions: asked.questions ?? [],
      answers: (Array.isArray(found) ? found : []).map((data) => ({ ...question, ttl: 0, data })),
    }
    socket.send(encode(answer), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  return { questions, address: `127.0.0.1:${socket.address().port}` }
}
