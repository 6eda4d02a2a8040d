import { connect } from 'node:net'

/** One run: closed loop over `connections`, for `ms` or until `count` requests are done, at most `rate` per second. */
export interface Load {
  port: number
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

interface Course {
  port: number
  pace: number | undefined
  latencies: number[]
  /** The next request as it goes over the wire; undefined once the run is over. */
  next: () => Buffer | undefined
}

/** `requestAt` gives each request by its number. */
export async function run(load: Load, requestAt: (index: number) => Buffer): Promise<Outcome> {
  const latencies: number[] = []
  const begun = performance.now()
  const until = begun + (load.ms ?? Number.POSITIVE_INFINITY)
  const most = load.count ?? Number.POSITIVE_INFINITY
  const pace = load.rate === undefined ? undefined : (load.connections / load.rate) * 1_000
  let sent = 0
  const next = () => (sent >= most || performance.now() >= until ? undefined : requestAt(sent++))
  const course = { port: load.port, pace, latencies, next }
  const failures = await Promise.all(Array.from({ length: load.connections }, () => converse(course)))
  const seconds = (performance.now() - begun) / 1_000
  latencies.sort((a, b) => a - b)
  const at = (share: number) => Math.round((latencies[Math.floor(latencies.length * share)] ?? 0) * 1_000)
  const failed = failures.reduce((sum, count) => sum + count, 0)
  return { done: latencies.length, failed, seconds, p50: at(0.5), p99: at(0.99) }
}

function converse({ port, pace, latencies, next }: Course): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let failed = 0
  let asked = 0
  let rest = ''
  let isOver = false
  const finish = () => {
    isOver = true
    socket.destroy()
    resolve(failed)
  }
  const ask = () => {
    const request = next()
    if (request === undefined) return finish()
    asked = performance.now()
    socket.write(request)
  }
  socket.on('connect', ask)
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1')
    const length = answerLength(rest)
    if (length === undefined || rest.length < length) return
    if (!rest.startsWith('HTTP/1.1 200')) failed += 1
    rest = rest.slice(length)
    const took = performance.now() - asked
    latencies.push(took)
    if (pace === undefined || took >= pace) ask()
    else setTimeout(ask, pace - took)
  })
  socket.on('error', () => {
    if (!isOver) failed += 1
    finish()
  })
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
