import { createServer, type Socket } from 'node:net'
import { type AccessRecord, INTERNAL_USER_PATH } from '@munjigi/contracts/access'

interface Setup {
  jwks: object
  issuer: string
}

const LARGE_BYTES = 4 * 1024 * 1024

/** What stands behind every contender: a small answer, as fast as Node can give it; and, for ours, user's contract. */
const BODY = Buffer.from(JSON.stringify({ restaurant: '학생식당', dishes: ['김치찌개', '제육볶음'], price: 5500 }))
const ANSWER = Buffer.concat([
  Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n`),
  BODY,
])

process.on('message', ({ jwks, issuer }: Setup) => {
  const keys = json(jwks)
  const server = createServer({ noDelay: true }, (socket) => serve(socket, keys, issuer))
  server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
})

function serve(socket: Socket, keys: Buffer, issuer: string): void {
  let rest = ''
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1')
    for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
      const target = rest.slice(rest.indexOf(' ') + 1, rest.indexOf(' HTTP/'))
      rest = rest.slice(end + 4)
      socket.write(answer(target, keys, issuer))
    }
  })
}

/** Larger than the buffers on the way, so that a client can leave in its middle. */
const LARGE = Buffer.concat([
  Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${LARGE_BYTES}\r\n\r\n`),
  Buffer.alloc(LARGE_BYTES, 'x'),
])

function answer(target: string, keys: Buffer, issuer: string): Buffer {
  if (target.endsWith('/large')) return LARGE
  if (target === '/.well-known/jwks.json') return keys
  if (target.startsWith(INTERNAL_USER_PATH)) return json(recordOf(target, issuer))
  return ANSWER
}

function recordOf(target: string, issuer: string): AccessRecord {
  const sub = new URL(target, 'http://x').searchParams.get('sub') ?? ''
  return {
    sub,
    names: [{ issuer, sub }],
    status: 'active',
    role: 'USER',
    superuser: false,
    tenant: { id: '00000000-0000-4000-8000-000000000001', status: 'active' },
    sections: [{ id: 'canvas', level: 'user' }],
    valid_from: 0,
    rights_changed_at: 0,
    ended_sids: [],
  }
}

function json(value: object): Buffer {
  const body = Buffer.from(JSON.stringify(value))
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`),
    body,
  ])
}
