import type { IncomingHttpHeaders } from 'node:http'
import { answerHeaders, answerLocation } from './answer-headers.ts'
import type { Call } from './call.ts'
import type { RedactedBody, Redaction } from './redaction.ts'

const TEXTUAL =
  /^(?:text\/|multipart\/|message\/|image\/svg|application\/(?:[\w.+-]*(?:json|xml|yaml|javascript)|x?-?ndjson|jsonl|graphql|toml|x-www-form-urlencoded)\b)/i

/** An answer that comes whole in one piece of up to this size goes in one write with its headers. */
const SMALL_ANSWER_BYTES = 16 * 1024

/** The answer to the agent: begun once, and from then on ended or broken off. */
export class Answer {
  readonly #call: Call
  readonly #redaction: Redaction
  #body: RedactedBody | undefined
  /** Length of the body as far as the target says it. */
  #announced: number | undefined
  #whole: Buffer | undefined
  isEventStream = false

  constructor(call: Call, redaction: Redaction) {
    this.#call = call
    this.#redaction = redaction
  }

  begin(status: number, headers: IncomingHttpHeaders, href: string): void {
    const { reply, proxyPath } = this.#call
    const { 'content-type': type = 'text/plain', 'content-encoding': coding = 'identity' } = headers
    // RFC 9110 §8.6: there is none with 204, and a client that believes it waits for a body.
    if (status === 204) delete headers['content-length']
    this.isEventStream = String(type).startsWith('text/event-stream')
    if (TEXTUAL.test(type) && isPlain(coding)) this.#body = this.#redaction.body()
    reply.raw.writeHead(
      status,
      answerHeaders(headers, reply.request.id, (name, value) =>
        this.#redaction.text(name === 'location' ? answerLocation(value, href, proxyPath) : value),
      ),
    )
    // From here on Fastify has no say; before, it would have answered what was thrown.
    reply.hijack()
    // An event stream may be silent for longer than our server lets a connection be.
    if (this.isEventStream) reply.raw.socket?.setTimeout(0)
    // Without a length the body may be long in coming: then the headers go alone.
    if (headers['content-length'] === undefined) process.nextTick(flushHeaders, reply.raw)
    else this.#announced = Number(headers['content-length'])
  }

  /** False: the agent reads slowly; its answer says `drain` when it wants more. */
  write(chunk: Buffer): boolean {
    if (chunk.length === this.#announced && chunk.length <= SMALL_ANSWER_BYTES) {
      this.#whole = chunk
      return true
    }
    const shown = this.#body === undefined ? chunk : this.#body.write(chunk)
    return shown.length === 0 || this.#call.reply.raw.write(shown)
  }

  end(): void {
    const { raw } = this.#call.reply
    // As text it becomes one string with the headers, and one write instead of a gathering of two.
    if (this.#whole !== undefined) raw.end(this.#shownWhole(this.#whole), 'latin1')
    else raw.end(this.#body?.end() ?? '')
  }

  #shownWhole(chunk: Buffer): string {
    const text = chunk.toString('latin1')
    return this.#body === undefined ? text : this.#redaction.text(text)
  }

  /** What broke off in the middle must look broken to the agent, never complete. */
  breakOff(): void {
    this.#call.reply.raw.destroy()
  }
}

/** Said twice, a header comes as a list. */
const isPlain = (coding: string | string[]): boolean =>
  String(coding)
    .split(',')
    .every((one) => ['', 'identity'].includes(one.trim().toLowerCase()))

function flushHeaders(raw: Call['reply']['raw']): void {
  if (!raw.writableEnded && !raw.destroyed) raw.flushHeaders()
}
