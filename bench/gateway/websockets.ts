import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const MESSAGE = Buffer.from('x'.repeat(64))

/** A WebSocket upstream that sends back each frame's payload unmasked; one frame per write, as the load sends them. */
export function startEcho(): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => {
    let isOpen = false
    let head = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      if (isOpen) return echo(socket, chunk)
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      const key = /sec-websocket-key: *(\S+)/i.exec(head)?.[1] ?? ''
      const accept = createHash('sha1')
        .update(key + MAGIC)
        .digest('base64')
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
      isOpen = true
    })
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function echo(socket: Socket, chunk: Buffer): void {
  const frame = 6 + MESSAGE.length
  for (let at = 0; at + frame <= chunk.length; at += frame) {
    const mask = chunk.subarray(at + 2, at + 6)
    const body = chunk.subarray(at + 6, at + frame).map((byte, index) => byte ^ (mask[index % 4] as number))
    socket.write(Buffer.concat([Buffer.from([0x82, MESSAGE.length]), body]))
  }
}

/** Opens a WebSocket through a gateway. */
export async function open(port: number, token: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const key = randomBytes(16).toString('base64')
  socket.write(
    `GET /ws/live/x HTTP/1.1\r\nHost: bench.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  )
  const [answer] = await once(socket, 'data')
  if (!String(answer).startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${String(answer).split('\r\n')[0]}`)
  return socket
}

/** Sends `count` messages on each socket, each after the echo of the one before. */
export async function converse(sockets: Socket[], count: number): Promise<void> {
  const mask = randomBytes(4)
  const body = MESSAGE.map((byte, index) => byte ^ (mask[index % 4] as number))
  const frame = Buffer.concat([Buffer.from([0x82, 0x80 | MESSAGE.length]), mask, body])
  await Promise.all(sockets.map((socket) => pingPong(socket, frame, count)))
}

function pingPong(socket: Socket, frame: Buffer, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = count
  let received = 0
  const onData = (chunk: Buffer) => {
    received += chunk.length
    if (received < 2 + MESSAGE.length) return
    received -= 2 + MESSAGE.length
    left -= 1
    if (left > 0) return void socket.write(frame)
    socket.off('data', onData)
    resolve()
  }
  socket.on('data', onData)
  socket.write(frame)
  return promise
}
