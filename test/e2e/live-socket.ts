import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { WebSocket } from 'ws'

export interface LiveSocket {
  /** Resolves with the next message that was not taken yet. */
  next(): Promise<unknown>
  send(message: object): void
  /** The subprotocol that was agreed on. */
  protocol: string
  /** Resolves with the code it was closed by. */
  closed: Promise<number>
}

/** A WebSocket through the gateway's wss. @throws Error with the status where the handshake is refused. */
export async function openSocket(
  { addresses, certFile }: { addresses: { gateway: string }; certFile: string },
  path: string,
  { protocols = [], headers = {} }: { protocols?: string[]; headers?: Record<string, string> } = {},
): Promise<LiveSocket> {
  const url = new URL(path, addresses.gateway)
  url.protocol = 'wss:'
  const socket = new WebSocket(url, protocols, { ca: readFileSync(certFile), headers })
  const messages: unknown[] = []
  const waiting: ((message: unknown) => void)[] = []
  socket.on('message', (data) => {
    const message = JSON.parse(String(data))
    const waiter = waiting.shift()
    if (waiter === undefined) messages.push(message)
    else waiter(message)
  })
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await once(socket, 'open')
  return {
    next: () => (messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((take) => waiting.push(take))),
    send: (message) => socket.send(JSON.stringify(message)),
    protocol: socket.protocol,
    closed,
  }
}
