import { deadline } from '@munjigi/deadline'
import type { Dispatcher } from 'undici'

interface Answered {
  status: number
  text: string
}

/** Collects one small answer, or gives up in time; undici's own `request` costs three times as much. */
export class Answer implements Dispatcher.DispatchHandler {
  readonly #outcome = Promise.withResolvers<Answered>()
  readonly #callOff: () => void
  readonly #chunks: Buffer[] = []
  #status = 0
  #controller: Dispatcher.DispatchController | undefined
  #failure: Error | undefined

  /** Dispatches the call. @throws the connection's error, or an Error after `timeoutMs` */
  static to(dispatcher: Dispatcher, call: Dispatcher.DispatchOptions, timeoutMs: number): Promise<Answered> {
    const answer = new Answer(timeoutMs)
    dispatcher.dispatch(call, answer)
    return answer.#outcome.promise
  }

  private constructor(timeoutMs: number) {
    this.#callOff = deadline(timeoutMs, () => this.#giveUp(new Error(`no answer within ${timeoutMs} ms`)))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here it costs the connection nothing.
    if (this.#failure !== undefined) throw this.#failure
    this.#controller = controller
  }

  onResponseStart(_controller: unknown, status: number): void {
    this.#status = status
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#callOff()
    const [first, ...more] = this.#chunks
    const text = more.length === 0 ? first?.toString() : Buffer.concat(this.#chunks).toString()
    this.#outcome.resolve({ status: this.#status, text: text ?? '' })
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#callOff()
    this.#outcome.reject(error)
  }

  #giveUp(error: Error): void {
    this.#failure = error
    this.#outcome.reject(error)
    this.#controller?.abort(error)
  }
}
