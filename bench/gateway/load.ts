import { connect, type Socket } from 'node:net'

/** One run: closed loop over `connections`, for `ms` or until `count` requests are done, at most `rate` per second. */
export interface Load {
  port: number
  path: string
  tokens: string[]
  connections: number
  ms?: number
  count?: number
  rate?: number
}

/** Requests done, those not answered 200, seconds taken, latencies in microseconds. */
export interface Outcome {
  done: number
  failed: number
  seconds: number
  p50: number
  p99: number
}

process.on('message', async (load: Load) => process.send?.(await run(load)))

let sent = 0
let requests: Buffer[] = []
let known: string[] = []

async function run(load: Load): Promise<Outcome> {
  if (known !== load.tokens) {
    known = load.tokens
    requests = load.tokens.map((token) =>
      Buffer.from(
        `GET ${load.path} HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer ${token}\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n`,
      ),
    )
  }
  sent = 0
  const latencies: number[] = []
  const begun = performance.now()
  const until = begun + (load.ms ?? Number.POSITIVE_INFINITY)
  const most = load.count ?? Number.POSITIVE_INFINITY
  const pace = load.rate === undefined ? undefined : (load.connections / load.rate) * 1_000
  const failures = await Promise.all(
    Array.from({ length: load.connections }, () => converse(load.port, until, most, pace, latencies)),
  )
  const seconds = (performance.now() - begun) / 1_000
  latencies.sort((a, b) => a - b)
  const at = (share: number) => Math.round((latencies[Math.floor(latencies.length * share)] ?? 0) * 1_000)
  const failed = failures.reduce((sum, count) => sum + count, 0)
  return { done: latencies.length, failed, seconds, p50: at(0.5), p99: at(0.99) }
}

function converse(
  port: number,
  until: number,
  most: number,
  pace: number | undefined,
  latencies: number[],
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let failed = 0
  let asked = 0
  let rest = ''
  const finish = () => {
    socket.destroy()
    resolve(failed)
  }
  const next = () => {
    if (sent >= most || performance.now() >= until) return finish()
    asked = performance.now()
    socket.write(requests[sent % requests.length] as Buffer)
    sent += 1
  }
  socket.on('connect', next)
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1')
    const length = answerLength(rest)
    if (length === undefined || rest.length < length) return
    if (!rest.startsWith('HTTP/1.1 200')) failed += 1
    rest = rest.slice(length)
    const took = performance.now() - asked
    latencies.push(took)
    if (pace === undefined || took >= pace) next()
    else setTimeout(next, pace - took)
  })
  const lost = (_: Socket) => {
    if (sent < most && performance.now() < until) failed += 1
    finish()
  }
  socket.on('error', () => lost(socket))
  socket.on('close', () => resolve(failed))
  return promise
}

/** The whole length of the first answer in `text`, once its head is there. */
function answerLength(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1]
  if (length !== undefined) return head + 4 + Number(length)
  const end = text.indexOf('\r\n0\r\n\r\n', head)
  return end < 0 ? undefined : end + 7
}
