import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Context } from '../contexts/context.ts'
import { READABLE_BYTES } from '../extraction/answer-text.ts'
import { callerGone, targetTimeout, targetUnavailable } from '../problems.ts'
import { Answer } from './answer.ts'
import type { Call, ProxyDeps } from './call.ts'
import { credentialsOf } from './credentials.ts'
import { judgeBody, judgeHead, type Verdict } from './expiry-sign.ts'
import type { Outbound } from './outbound.ts'

/** A target, or a reader of its answer, that does nothing for so long has left. */
const IDLE_LIMIT_MS = 60_000
/** What an answer that nobody will see may cost before its connection is given up. */
const DISCARDED_BYTES = 64 * 1024

/** expired: nothing was passed on. answered-expired: the login has ended too, but the call is not repeated. */
export type Outcome = 'answered' | 'answered-expired' | 'expired'

/** first: an ended login is told instead of answered. only: it may not be renewed. again: it was renewed for this call. */
export type Turn = 'first' | 'only' | 'again'

/** One request to the target. Its answer goes to the agent as it comes, unless it says that the login has ended. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly #call: Call
  readonly #context: Context
  readonly #deps: ProxyDeps
  readonly #turn: Turn
  readonly #outcome = Promise.withResolvers<Outcome>()
  #outbound: Outbound | undefined
  #controller: Dispatcher.DispatchController | undefined
  #timer: NodeJS.Timeout | undefined
  #head: { status: number; headers: IncomingHttpHeaders } | undefined
  /** Undefined until the answer is passed on. */
  #answer: Answer | undefined
  /** What waits for the verdict, or for the cookies to be kept. */
  readonly #waiting: Buffer[] = []
  #isJudged = false
  #isDiscarded = false
  #isPaused = false
  #hasEnded = false
  #size = 0
  #isOver = false

  constructor(call: Call, context: Context, deps: ProxyDeps, turn: Turn) {
    this.#call = call
    this.#context = context
    this.#deps = deps
    this.#turn = turn
  }

  send(outbound: Outbound): Promise<Outcome> {
    const { raw } = this.#call.reply
    if (raw.destroyed) throw callerGone()
    this.#outbound = outbound
    this.#timer = setTimeout(() => this.#look(), IDLE_LIMIT_MS)
    raw.once('close', this.#leave)
    this.#deps.egress.dispatcher.dispatch(outbound, this)
    return this.#outcome.promise
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here it costs the target's connection nothing; an abort would close it.
    if (this.#isOver) throw callerGone()
    this.#controller = controller
  }

  onBodySent(): void {
    this.#timer?.refresh()
  }

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#isOver) return
    this.#timer?.refresh()
    // The coding ends here: one that nobody has undone would reach the agent as if there were none.
    if (String(headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') throw targetUnavailable()
    this.#head = { status, headers }
    const verdict = judgeHead(this.#context.proxy.expired, status, headers, this.#href)
    if (verdict !== 'body') this.#decide(verdict)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver && !this.#isDiscarded) return
    this.#timer?.refresh()
    this.#size += chunk.length
    if (this.#isDiscarded) {
      if (this.#size > DISCARDED_BYTES) controller.abort(callerGone())
    } else if (this.#answer !== undefined) this.#write(chunk)
    else {
      this.#waiting.push(chunk)
      if (!this.#isJudged && this.#size > READABLE_BYTES) this.#decide('good')
    }
  }

  onResponseEnd(): void {
    this.#hasEnded = true
    if (this.#isOver) this.#release()
    else if (this.#answer !== undefined) this.#finish()
    else if (!this.#isJudged) this.#decide(this.#verdictOfBody())
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(error)
  }

  get #href(): string {
    const { origin, path } = this.#outbound as Outbound
    return origin + path
  }

  #verdictOfBody(): Verdict {
    const check = this.#context.proxy.expired?.body
    return check === undefined ? 'good' : judgeBody(check, Buffer.concat(this.#waiting))
  }

  #decide(verdict: Verdict): void {
    this.#isJudged = true
    const isExpired = verdict === 'expired'
    const isRepeated = isExpired && this.#turn === 'first' && this.#call.body?.isRepeatable !== false
    if (isRepeated) this.#discard()
    else this.#learn(isExpired ? 'answered-expired' : 'answered')
  }

  /** The second attempt reads the body from its beginning; this one gets no more of it. */
  #discard(): void {
    const { body } = this.#outbound as Outbound
    this.#isDiscarded = true
    this.#isOver = true
    this.#call.reply.raw.off('close', this.#leave)
    this.#outcome.resolve('expired')
    if (this.#hasEnded) this.#release()
    else if (body instanceof Readable && !body.readableEnded) this.#controller?.abort(callerGone())
  }

  /** Before the agent sees the answer, so that its next request finds what this one has taught. */
  #learn(outcome: Outcome): void {
    const lessons = this.#lessons(outcome)
    if (lessons === undefined) {
      this.#pass(outcome)
      return
    }
    if (!this.#hasEnded) this.#controller?.pause()
    lessons
      .catch((err) => this.#call.reply.log.warn({ err }, 'what an answer taught was not kept'))
      .then(() => this.#pass(outcome))
      .catch((error) => this.#fail(error))
  }

  /** Undefined where there are none, which is nearly always. */
  #lessons(outcome: Outcome): Promise<unknown> | undefined {
    const { keepCookies, forgetDeaths } = this.#deps.contexts
    const { sub, service_id } = this.#call
    const setCookies = this.#head?.headers['set-cookie']
    const hasHelped = this.#turn === 'again' && outcome === 'answered' && this.#context.deaths > 0
    const helped = hasHelped ? forgetDeaths(sub, service_id, this.#context) : undefined
    if (setCookies === undefined) return helped
    const url = new URL(this.#href)
    return Promise.all([helped, keepCookies(sub, service_id, this.#context, url, [setCookies].flat())])
  }

  #pass(outcome: Outcome): void {
    if (this.#isOver) return
    const { status, headers } = this.#head as { status: number; headers: IncomingHttpHeaders }
    this.#answer = new Answer(this.#call, credentialsOf(this.#context).redaction)
    this.#answer.begin(status, headers, this.#href)
    this.#outcome.resolve(outcome)
    for (const chunk of this.#waiting) this.#write(chunk)
    if (this.#hasEnded) this.#finish()
    else if (!this.#isPaused) this.#controller?.resume()
  }

  #write(chunk: Buffer): void {
    if (this.#answer?.write(chunk) !== false || this.#isPaused) return
    this.#isPaused = true
    this.#controller?.pause()
    this.#call.reply.raw.once('drain', () => {
      this.#isPaused = false
      this.#timer?.refresh()
      this.#controller?.resume()
    })
  }

  #finish(): void {
    this.#isOver = true
    this.#release()
    this.#answer?.end()
  }

  /** Without news for the limit of time. */
  #look(): void {
    if (this.#isDiscarded) this.#controller?.abort(callerGone())
    else if (this.#isPaused) this.#answer?.breakOff()
    else if (this.#answer?.isEventStream || this.#call.body?.isWaitedFor) this.#timer?.refresh()
    else {
      this.#fail(targetTimeout())
      this.#controller?.abort(callerGone())
    }
  }

  #leave = (): void => {
    this.#fail(callerGone())
    this.#controller?.abort(callerGone())
  }

  #fail(error: Error): void {
    this.#release()
    if (this.#isOver) return
    this.#isOver = true
    if (this.#answer === undefined) this.#outcome.reject(error)
    else this.#answer.breakOff()
  }

  #release(): void {
    clearTimeout(this.#timer)
    this.#call.reply.raw.off('close', this.#leave)
  }
}
