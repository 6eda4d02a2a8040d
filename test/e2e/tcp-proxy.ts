import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export interface TcpProxy {
  port: number
  /** Bytes go through again, those of connections that stood still too. */
  heal(): void
  /** Connections are taken and nothing goes through: a machine that hangs. */
  freeze(): void
  /** Every answer arrives this much later. */
  delay(ms: number): void
  /** Connections end and no new one lasts: a process that is gone. */
  cut(): void
  close(): Promise<void>
}

/** Stands between two processes and plays what may happen to the one behind it. */
export async function tcpProxy(host: string, port: number): Promise<TcpProxy> {
  const pairs = new Set<Socket>()
  let isFrozen = false
  let isCut = false
  let delayMs = 0

  const server = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connect({ host, port })
    join(near, far)
    join(far, near)
    far.on('data', async (chunk) => {
      if (delayMs > 0) await pause(delayMs)
      near.write(chunk)
    })
    near.on('data', (chunk) => far.write(chunk))
    if (isFrozen) stop([near, far])
    return undefined
  })
  function join(socket: Socket, other: Socket) {
    pairs.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('end', () => other.end())
    socket.on('close', () => {
      pairs.delete(socket)
      other.destroy()
    })
  }
  const stop = (sockets: Iterable<Socket>) => {
    for (const socket of sockets) socket.pause()
  }
  const end = () => {
    for (const socket of pairs) socket.destroy()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    heal() {
      isFrozen = false
      isCut = false
      delayMs = 0
      for (const socket of pairs) socket.resume()
    },
    freeze() {
      isFrozen = true
      stop(pairs)
    },
    delay(ms) {
      delayMs = ms
    },
    cut() {
      isCut = true
      end()
    },
    async close() {
      server.close()
      end()
    },
  }
}
