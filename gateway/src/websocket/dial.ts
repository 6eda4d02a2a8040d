import { createHash } from 'node:crypto'
import http, { type IncomingMessage } from 'node:http'
import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import { answerHeaders } from '../forwarding/answer-headers.ts'
import type { Upstream } from '../forwarding/upstream.ts'
import { upstreamFailed, upstreamTimeout, upstreamUnreachable } from '../problems.ts'
import type { Handshake } from './handshake.ts'
import type { SocketVisit } from './socket-visit.ts'

const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const MAX_REFUSAL_BYTES = 64 * 1024

/** The upstream's side of a handshake: its socket, or its own refusal. */
export type Dialled =
  | { socket: Socket; head: Buffer; answer: string }
  | { status: number; statusMessage: string; headers: string[]; body: Buffer }

/** Makes the handshake with the service. @throws Problem 502 or 504 */
export function dial(visit: SocketVisit, upstream: Upstream): Promise<Dialled> {
  const { promise, resolve, reject } = Promise.withResolvers<Dialled>()
  const request = http.request({
    path: visit.forwardTarget,
    headers: [...visit.outboundHeaders(upstream), ...handshakeHeaders(visit.handshake)],
    createConnection: () => connectTo(upstream),
    signal: visit.left,
  })
  request.once('upgrade', (response, socket: Socket, head) => {
    try {
      resolve({ socket, head, answer: acceptance(visit, response) })
    } catch (error) {
      socket.destroy()
      reject(error)
    }
  })
  request.once('response', (response) => readRefusal(visit, response).then(resolve, reject))
  const deadline = setTimeout(() => request.destroy(upstreamTimeout()), upstream.settings.timeoutMs)
  request.once('error', (error) => reject(error.name === 'Problem' ? error : upstreamUnreachable()))
  request.end()
  return promise.finally(() => clearTimeout(deadline))
}

function connectTo({ settings, ca }: Upstream): Socket {
  const { protocol, hostname, port } = new URL(settings.origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (protocol === 'http:') return net.connect({ host, port: Number(port || 80) })
  const servername = net.isIP(host) === 0 ? { servername: host } : {}
  return tls.connect({ host, port: Number(port || 443), ...servername, ...(ca !== undefined && { ca }) })
}

function handshakeHeaders({ protocols }: Handshake): string[] {
  const offered = protocols.length === 0 ? [] : ['sec-websocket-protocol', protocols.join(', ')]
  return ['connection', 'Upgrade', 'upgrade', 'websocket', ...offered]
}

/** The 101 for the caller. @throws Problem 502 where the upstream's is not an acceptance of this very handshake */
function acceptance({ request, handshake, requestId, cors }: SocketVisit, { headers }: IncomingMessage): string {
  const key = request.headers['sec-websocket-key']
  const chosen = headers['sec-websocket-protocol']
  const isAccepted =
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-accept'] ===
      createHash('sha1')
        .update(key + ACCEPT_GUID)
        .digest('base64') &&
    (chosen === undefined || handshake.protocols.includes(chosen))
  if (!isAccepted) throw upstreamFailed()
  delete headers['content-length']
  const lines = ['HTTP/1.1 101 Switching Protocols', 'connection: Upgrade', 'upgrade: websocket']
  lines.push(...headerLines(answerHeaders(headers, requestId, cors)))
  if (chosen === undefined && handshake.bearer !== undefined) lines.push(`sec-websocket-protocol: ${handshake.bearer}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

async function readRefusal({ requestId, cors }: SocketVisit, response: IncomingMessage): Promise<Dialled> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > MAX_REFUSAL_BYTES) throw upstreamFailed()
      chunks.push(chunk)
    }
  } catch {
    throw upstreamFailed()
  }
  delete response.headers['content-length']
  return {
    status: response.statusCode as number,
    statusMessage: response.statusMessage ?? '',
    headers: answerHeaders(response.headers, requestId, cors),
    body: Buffer.concat(chunks),
  }
}

/** The refusal as bytes; the connection ends with it. */
export function refusalBytes({ status, statusMessage, headers, body }: Exclude<Dialled, { socket: Socket }>): Buffer {
  const lines = [`HTTP/1.1 ${status} ${statusMessage}`, ...headerLines(headers)]
  lines.push(`content-length: ${body.length}`, 'connection: close')
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
}

function headerLines(headers: readonly string[]): string[] {
  const lines: string[] = []
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  return lines
}
