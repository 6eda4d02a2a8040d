// Asks for small answers as fast as they come, or reads one long answer to its end.
import { connect } from 'node:net'
import { type Load, run } from '../load.ts'

interface Asked {
  port: number
  path: string
  headers: Record<string, string>
}
export type ProxyLoad = (Load & Asked) | (Asked & { read: true })

process.on('message', async (load: ProxyLoad) => {
  if ('read' in load) process.send?.({ bytes: await read(load) })
  else {
    const request = requestOf(load)
    process.send?.(await run(load, () => request))
  }
})

function requestOf({ path, headers, port }: Asked, last = ''): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('')}${last}\r\n`)
}

async function read(asked: Asked): Promise<number> {
  const socket = connect(asked.port, '127.0.0.1')
  socket.write(requestOf(asked, 'connection: close\r\n'))
  let bytes = 0
  for await (const chunk of socket) bytes += (chunk as Buffer).length
  return bytes
}
