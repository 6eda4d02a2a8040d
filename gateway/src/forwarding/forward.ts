import type { IncomingHttpHeaders } from 'node:http'
import type { Client, Dispatcher } from 'undici'
import type { Guest } from '../door/client-connection.ts'
import type { Patience, Waiter } from '../door/patience.ts'
import { discardBody } from '../door/refusal.ts'
import { NOWHERE } from '../door/roster.ts'
import { upstreamFailed } from '../problems.ts'
import type { Failure } from '../telemetry/figures.ts'
import { answerHeaders } from './answer-headers.ts'
import type { Passage } from './passage.ts'
import { bodyTooLarge, serviceBusy } from './problems.ts'
import { announcedLength, RequestBody } from './request-body.ts'
import type { NamedRequest, Upstream } from './upstream.ts'
import { failureOf, isConnectionFailure, problemOf, TimedOut } from './upstream-failure.ts'

/** Bodies of up to these sizes go in one write with their headers, upstream and back. */
const SMALL_BODY_BYTES = 64 * 1024
const SMALL_ANSWER_BYTES = 16 * 1024
/** A caller who reads nothing for so long has left, whatever its connection says. */
const STALLED_READER_MS = 60_000
/** RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])
const CLIENT_GONE = new Error('the client has gone')

export interface ForwardingTools {
  patience: Patience
  countFailure(service: string, failure: Failure): void
}

/** Sends the request on and the answer back. @throws Problem 413 or 503 before anything is sent */
export function forward(passage: Passage, upstream: Upstream, tools: ForwardingTools): void {
  const { request, response } = passage
  const length = announcedLength(request)
  const { maxBodyBytes, maxInFlight, name } = upstream.settings
  if (length > maxBodyBytes) throw bodyTooLarge(maxBodyBytes)
  if (upstream.inFlight >= maxInFlight) {
    tools.countFailure(name, 'busy')
    throw serviceBusy()
  }
  const forwarding = new Forwarding(passage, upstream, tools)
  passage.guest = forwarding
  if (passage.expectsContinue) response.writeContinue()
  if (length === 0) {
    forwarding.send(null)
    return
  }
  const body = new RequestBody(request, maxBodyBytes, tools.patience)
  if (length > 0 && length <= SMALL_BODY_BYTES) forwarding.collect(body)
  else forwarding.stream(body, length)
}

class Forwarding implements Dispatcher.DispatchHandler, Guest, Waiter {
  readonly #passage: Passage
  readonly #upstream: Upstream
  readonly #headers: string[]
  readonly #tools: ForwardingTools
  place = NOWHERE
  #body: Buffer | RequestBody | null = null
  #connection: Client | undefined
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false
  #isRetried = false
  #hasAnswerBegun = false
  #isEventStream = false
  /** Length of the answer's body as far as the service says it. */
  #announced: number | undefined
  /** The body of an answer that came in one piece. */
  #whole: Buffer | undefined
  #isPaused = false
  /** When something last moved, by the clock of patience. */
  #movedAt: number

  constructor(passage: Passage, upstream: Upstream, tools: ForwardingTools) {
    this.#passage = passage
    this.#upstream = upstream
    this.#headers = passage.outboundHeaders(upstream)
    this.#tools = tools
    this.#movedAt = tools.patience.now
    upstream.inFlight += 1
    tools.patience.add(this)
  }

  /** Reads a small body whole, so that it goes on in one piece. */
  collect(body: RequestBody): void {
    const chunks: Buffer[] = []
    this.#body = body
    body.on('data', (chunk: Buffer) => chunks.push(chunk))
    body.once('error', (error: Error) => this.fail(error))
    body.once('end', () => this.send(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
  }

  stream(body: RequestBody, length: number): void {
    if (length > 0) this.#headers.push('content-length', String(length))
    this.send(body)
  }

  send(body: Buffer | RequestBody | null): void {
    if (this.#isOver) return
    this.#body = body
    this.#movedAt = this.#tools.patience.now
    const request: NamedRequest = {
      path: this.#passage.forwardTarget,
      method: this.#passage.request.method as string,
      headers: this.#headers,
      body,
      servername: this.#upstream.hostname,
    }
    this.#connection = this.#upstream.connections.take()
    if (this.#connection === undefined) this.fail(serviceBusy())
    else this.#connection.dispatch(request, this)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here it costs the upstream's connection nothing; an abort would close it.
    if (this.#isOver) throw CLIENT_GONE
    this.#controller = controller
  }

  onBodySent(): void {
    this.#movedAt = this.#tools.patience.now
  }

  onResponseStarted(): void {
    this.#hasAnswerBegun = true
  }

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#isOver) return
    // The coding ends here: one that nobody has undone would reach the caller as if there were none.
    if ((headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') throw upstreamFailed()
    const { response, requestId, cors } = this.#passage
    // RFC 9110 §8.6: there is none with 204, and a client that believes it waits for a body.
    if (status === 204) delete headers['content-length']
    this.#movedAt = this.#tools.patience.now
    this.#isEventStream = headers['content-type']?.startsWith('text/event-stream') ?? false
    response.writeHead(status, answerHeaders(headers, requestId, cors))
    const length = headers['content-length']
    // Without a length the body may be long in coming: then the headers go alone.
    if (length === undefined) process.nextTick(flushHead, this)
    else this.#announced = Number(length)
  }

  flushHead(): void {
    if (!this.#isOver) this.#passage.response.flushHeaders()
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return
    this.#movedAt = this.#tools.patience.now
    if (chunk.length === this.#announced && chunk.length <= SMALL_ANSWER_BYTES) {
      this.#whole = chunk
      return
    }
    if (this.#passage.response.write(chunk)) return
    this.#isPaused = true
    controller.pause()
    this.#passage.response.once('drain', () => this.#resume())
  }

  #resume(): void {
    this.#isPaused = false
    this.#movedAt = this.#tools.patience.now
    this.#controller?.resume()
  }

  onResponseEnd(): void {
    this.#giveBack()
    if (!this.#end()) return
    const { response, request } = this.#passage
    // As text it becomes one string with the headers, and one write instead of a gathering of two.
    if (this.#whole === undefined) response.end()
    else response.end(this.#whole.toString('latin1'), 'latin1')
    if (this.#body instanceof RequestBody && !request.complete) discardBody(request)
    this.#passage.finish(response.statusCode)
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#giveBack()
    if (this.#isOver) return
    if (this.#mayRetry(error)) this.#retry()
    else this.fail(error)
  }

  #giveBack(): void {
    if (this.#connection !== undefined) this.#upstream.connections.give(this.#connection)
    this.#connection = undefined
  }

  #mayRetry(error: Error): boolean {
    if (this.#isRetried || this.#hasAnswerBegun || this.#body !== null) return false
    return IDEMPOTENT.has(this.#passage.request.method as string) && isConnectionFailure(error)
  }

  #retry(): void {
    this.#isRetried = true
    this.#controller = undefined
    setImmediate(() => this.send(null))
  }

  /** Ends it with an answer, or, where one has begun, by breaking it off. */
  fail(error: Error): void {
    const hadConnection = this.#controller !== undefined
    if (!this.#end()) return
    const failure = failureOf(error, hadConnection)
    if (failure !== undefined) this.#tools.countFailure(this.#upstream.settings.name, failure)
    this.#stop()
    const { response } = this.#passage
    if (!response.headersSent) {
      this.#passage.refuse(problemOf(error, failure))
      return
    }
    this.#passage.finish(response.statusCode)
    this.#passage.breakOff()
  }

  clientGone(): void {
    if (this.#end()) this.#stop()
  }

  check(now: number): void {
    if (this.#isPaused) {
      if (now - this.#movedAt > STALLED_READER_MS) this.#passage.breakOff()
    } else if (this.#body instanceof RequestBody && this.#body.isWaitedFor) {
      this.#movedAt = now
    } else if (now - this.#movedAt > this.#upstream.settings.timeoutMs && !this.#isEventStream) {
      this.fail(new TimedOut())
    }
  }

  #stop(): void {
    if (this.#body instanceof RequestBody) this.#body.destroy()
    this.#controller?.abort(CLIENT_GONE)
  }

  /** False where it has ended before. */
  #end(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#upstream.inFlight -= 1
    this.#tools.patience.delete(this)
    return true
  }
}

const flushHead = (forwarding: Forwarding): void => forwarding.flushHead()
