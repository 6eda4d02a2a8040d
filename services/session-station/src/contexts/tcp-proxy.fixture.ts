import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

type Side = 'client' | 'server'
type State = 'open' | 'cut' | 'frozen'

/** A wire to the server of `url` that a test can cut, freeze, or freeze at the moment something is said on it. */
export async function tcpProxy(url: string) {
  const { hostname, port: serverPort } = new URL(url)
  const sockets = new Set<Socket>()
  let state: State = 'open'
  let watch: { side: Side; words: string; heard: () => void } | undefined

  const server = createServer((client) => {
    if (state === 'cut') return void client.destroy()
    const upstream = connect(Number(serverPort), hostname)
    forward('client', client, upstream)
    forward('server', upstream, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  function forward(side: Side, from: Socket, to: Socket) {
    sockets.add(from)
    from.on('data', (chunk) => {
      if (watch?.side === side && chunk.includes(watch.words)) {
        const { heard } = watch
        watch = undefined
        set('frozen')
        heard()
        return
      }
      to.write(chunk)
    })
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    if (state === 'frozen') from.pause()
  }

  function set(next: State) {
    state = next
    for (const socket of sockets) {
      if (next === 'cut') socket.destroy()
      else if (next === 'frozen') socket.pause()
      else socket.resume()
    }
  }

  const own = new URL(url)
  own.hostname = '127.0.0.1'
  own.port = String((server.address() as AddressInfo).port)
  return {
    url: own.href,
    set,
    /** When `words` are said by that side, which the other side does not hear: everything is frozen from then on. */
    async heard(side: Side, words: string): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      watch = { side, words, heard: resolve }
      return promise
    },
    async close() {
      set('cut')
      server.close()
      await once(server, 'close')
    },
  }
}
