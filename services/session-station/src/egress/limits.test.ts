import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import * as zlib from 'node:zlib'
import { failureOf, get, rawTarget, testTarget } from './egress.fixture.ts'

const MB = 1024 * 1024

/** Answers each request of a connection with these octets. */
const saying =
  (...parts: (string | Buffer)[]) =>
  (socket: Socket) =>
    socket.on('data', () => {
      for (const part of parts) socket.write(part)
    })

/** Writes the same again and again until the other side has left. */
function endless(socket: Socket, head: string, again: string | Buffer) {
  socket.write(head)
  const more = () => {
    while (!socket.destroyed && socket.write(again)) {}
  }
  socket.on('drain', more)
  more()
}

const compressed = (encoding: string, body: Buffer) =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`),
    body,
  ])

test('an answer is decompressed, whatever its coding, two deep at most', async (t) => {
  const body = Buffer.from('{"token":"한글"}'.repeat(20))
  for (const [encoding, packed] of [
    ['gzip', zlib.gzipSync(body)],
    ['X-GZIP', zlib.gzipSync(body)],
    ['deflate', zlib.deflateSync(body)],
    ['deflate', zlib.deflateRawSync(body)],
    ['br', zlib.brotliCompressSync(body)],
    ['zstd', zlib.zstdCompressSync(body)],
    ['identity', body],
    ['br, gzip', zlib.gzipSync(zlib.brotliCompressSync(body))],
    ['gzip\r\nContent-Encoding: br', zlib.brotliCompressSync(zlib.gzipSync(body))],
  ] as const) {
    const { url, egress } = await rawTarget(t, saying(compressed(encoding, packed)))
    assert.deepEqual((await egress.request(get(url))).body, body, encoding)
  }
})

test('a coding that is unknown, damaged, cut off or three deep is refused', async (t) => {
  const whole = zlib.gzipSync(Buffer.from('x'.repeat(1000)))
  for (const [encoding, packed] of [
    ['snappy', whole],
    ['constructor', whole],
    ['gzip', whole.subarray(0, -6)],
    ['gzip', Buffer.from('not gzip at all')],
    ['br', whole],
    ['zstd', whole],
    ['deflate', whole],
    ['gzip, gzip, gzip', zlib.gzipSync(zlib.gzipSync(whole))],
  ] as const) {
    const { url, egress } = await rawTarget(t, saying(compressed(encoding, packed)))
    assert.equal(await failureOf(egress.request(get(url))), 'encoding, sent', encoding)
  }
})

test('a coding of the transfer is one too', async (t) => {
  const packed = zlib.gzipSync('whole')
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'
  const { url, egress } = await rawTarget(t, saying(head, `${packed.length.toString(16)}\r\n`, packed, '\r\n0\r\n\r\n'))

  assert.equal((await egress.request(get(url))).body.toString(), 'whole')
})

test('an answer without a body may name a coding', async (t) => {
  const { url, egress } = await rawTarget(t, saying('HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n'))

  assert.equal((await egress.request(get(url))).body.length, 0)
})

test('a bomb does not go off, whatever it is made of', async (t) => {
  const zeros = Buffer.alloc(64 * MB)
  const nested = zlib.gzipSync(zlib.gzipSync(zeros))
  for (const [encoding, packed] of [
    ['gzip', zlib.gzipSync(zeros)],
    ['deflate', zlib.deflateSync(zeros)],
    ['br', zlib.brotliCompressSync(zeros, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } })],
    ['zstd', zlib.zstdCompressSync(zeros)],
    ['gzip, gzip', nested],
    // Within ten megabytes, but no text is that dense.
    ['gzip', zlib.gzipSync(Buffer.alloc(8 * MB))],
  ] as const) {
    const { url, egress } = await rawTarget(t, saying(compressed(encoding, packed)))
    assert.equal(await failureOf(egress.request(get(url))), 'too-large, sent', `${encoding} ${packed.length}`)
  }
})

test('ten megabytes are taken, one octet more is not, said or unsaid', async (t) => {
  const { port, egress } = await testTarget(t, (request, response) => {
    if (request.url === '/said') response.setHeader('content-length', 10 * MB + 1)
    response.end(Buffer.alloc(request.url === '/whole' ? 10 * MB : 10 * MB + 1))
  })
  const url = `http://a.test:${port}`

  assert.equal((await egress.request(get(`${url}/whole`))).body.length, 10 * MB)
  assert.equal(await failureOf(egress.request(get(`${url}/said`))), 'too-large, sent')
  assert.equal(await failureOf(egress.request(get(`${url}/unsaid`))), 'too-large, sent')
})

test('a body without an end is cut off, and its connection closed', async (t) => {
  const { url, egress, allClosed } = await rawTarget(t, (socket) =>
    socket.once('data', () => endless(socket, 'HTTP/1.1 200 OK\r\n\r\n', Buffer.alloc(64 * 1024))),
  )

  assert.equal(await failureOf(egress.request(get(url))), 'too-large, sent')
  await allClosed()
})

test('ten million chunks of one octet do not fill the memory', async (t) => {
  const { url, egress } = await rawTarget(t, (socket) =>
    socket.once('data', () =>
      endless(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'.repeat(10_000)),
    ),
  )
  const before = process.memoryUsage.rss()

  assert.equal(await failureOf(egress.request(get(url, { timeoutMs: 60_000 }))), 'too-large, sent')
  assert.ok(process.memoryUsage.rss() - before < 200 * MB)
})

test('headers above 64 KB are refused, in one line, in many, without an end and as a trailer', async (t) => {
  const line = `X-A: ${'a'.repeat(1000)}\r\n`
  for (const talk of [
    saying(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(MB)}\r\n\r\n`),
    saying('HTTP/1.1 200 OK\r\n', line.repeat(1000), '\r\n'),
    saying(`HTTP/1.1 200 OK\r\n${'a'.repeat(MB)}: x\r\n\r\n`),
    (socket: Socket) => socket.once('data', () => endless(socket, 'HTTP/1.1 200 OK\r\n', line)),
    saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n', line.repeat(1000), '\r\n'),
  ]) {
    const { url, egress } = await rawTarget(t, talk)
    assert.equal(await failureOf(egress.request(get(url))), 'too-large, sent')
  }
  const { url, egress } = await rawTarget(t, saying('HTTP/1.1 204 OK\r\n', line.repeat(60), '\r\n'))
  assert.equal((await egress.request(get(url))).headers.length, 60)
})

test('whatever a target hangs at, the time for everything ends it', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n'
  const drip = (socket: Socket, octet: string) => {
    const timer = setInterval(() => socket.write(octet), 20)
    socket.on('close', () => clearInterval(timer))
  }
  const stages: Record<string, (socket: Socket) => void> = {
    'after accepting': () => {},
    'before the headers end': saying('HTTP/1.1 200 OK\r\nX-A: 1\r\n'),
    'after the headers': saying(head),
    'in the middle of the body': saying(head, 'half'),
    'in the middle of a chunk': saying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'),
    'octet by octet': (socket: Socket) =>
      socket.once('data', () =>
        drip(
          socket.on('error', () => {}),
          'H',
        ),
      ),
    'in a drip of the body': (socket: Socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n')
        drip(socket, 'x')
      }),
    'in 1xx without an end': (socket: Socket) =>
      socket.once('data', () => drip(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n')),
    'in a chunk extension without an end': (socket: Socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=')
        drip(socket, 'b')
      }),
  }
  const endOf = async ([stage, talk]: [string, (socket: Socket) => void]) => {
    const { url, egress, allClosed } = await rawTarget(t, talk)
    const failure = await failureOf(egress.request(get(url, { timeoutMs: 2_000 })))
    await allClosed()
    return [stage, failure]
  }

  // Octets that are no status line are an end, not a wait.
  const expected = Object.keys(stages).map((stage) => [
    stage,
    stage === 'octet by octet' ? 'closed, sent' : 'timeout, sent',
  ])
  assert.deepEqual(await Promise.all(Object.entries(stages).map(endOf)), expected)
})

test('the time is for all redirects together', async (t) => {
  const { port, egress } = await testTarget(t, (request, response) => {
    if (request.url === '/slow') return
    response.writeHead(302, { location: '/slow' }).end()
  })

  assert.equal(await failureOf(egress.request(get(`http://a.test:${port}/`, { timeoutMs: 1_000 }))), 'timeout, sent')
})

test('an answer that breaks off is an error, not a shorter answer', async (t) => {
  for (const talk of [
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nha',
    'HTTP/1.1 200 OK\r\nX-A: ',
    '',
    'SSH-2.0-OpenSSH_9.2\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ]) {
    const { url, egress } = await rawTarget(t, (socket) => socket.once('data', () => socket.end(talk)))
    assert.equal(await failureOf(egress.request(get(url))), 'closed, sent', talk)
  }
})

test('what was given up by its caller ends at once, while it waits for a connection too', async (t) => {
  let asked = 0
  const { url, egress } = await rawTarget(t, (socket) =>
    socket.once('data', () => {
      asked += 1
    }),
  )
  const caller = new AbortController()
  const many = Array.from({ length: 40 }, () => failureOf(egress.request(get(url, { signal: caller.signal }))))
  while (asked < 32) await new Promise(setImmediate)
  caller.abort()
  const failures = await Promise.all(many)

  assert.equal(failures.filter((failure) => failure === 'closed, sent').length, 32)
  assert.equal(failures.filter((failure) => failure === 'closed, not sent').length, 8)
})

test('what was given up before it began asks nobody', async (t) => {
  const { url, egress, sockets } = await rawTarget(t, () => {})

  assert.equal(await failureOf(egress.request(get(url, { signal: AbortSignal.abort() }))), 'closed, not sent')
  assert.equal(sockets.size, 0)
})
