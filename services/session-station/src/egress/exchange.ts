import type { Dispatcher } from 'undici'
import { EgressError } from './egress.ts'
import { asEgressError } from './failure.ts'

export interface RawAnswer {
  status: number
  headers: [name: string, value: string][]
  /** As it came: still compressed. */
  body: Buffer
}

const FIRST_BYTES = 16 * 1024

/** One request and its answer, whole in memory; given up when the signal says so, in a queue as well. @throws EgressError */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  limits: { signal: AbortSignal; maxBytes: number },
): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const { signal, maxBytes } = limits
  let running: Dispatcher.DispatchController | undefined
  let wasSent = false
  let status = 0
  let headers: RawAnswer['headers'] = []
  const body = new Bytes()

  const fail = (error: unknown) => {
    signal.removeEventListener('abort', giveUp)
    reject(asEgressError(error, wasSent))
  }
  const giveUp = () => {
    fail(signal.reason)
    running?.abort(signal.reason)
  }
  signal.addEventListener('abort', giveUp, { once: true })

  dispatcher.dispatch(request, {
    onRequestStart(controller) {
      running = controller
      if (signal.aborted) controller.abort(signal.reason)
      else wasSent = true
    },
    onResponseStart(controller, code) {
      status = code
      headers = pairsOf(controller.rawHeaders as Buffer[])
    },
    onResponseData(controller, chunk) {
      if (body.length + chunk.length > maxBytes) {
        controller.abort(new EgressError('too-large', 'the answer is too large', { wasSent }))
        return
      }
      body.add(chunk)
    },
    onResponseEnd() {
      signal.removeEventListener('abort', giveUp)
      resolve({ status, headers, body: body.whole() })
    },
    onResponseError: (_, error) => fail(error),
  })
  return promise
}

/** Copied together: a target that sends one byte a chunk would fill the memory with chunks. */
class Bytes {
  length = 0
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)

  add(chunk: Buffer) {
    const length = this.length + chunk.length
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#buffer.length))
      this.#buffer.copy(larger, 0, 0, this.length)
      this.#buffer = larger
    }
    chunk.copy(this.#buffer, this.length)
    this.length = length
  }

  whole = (): Buffer => this.#buffer.subarray(0, this.length)
}

/** Octets one to one: what was extracted from a header goes back into one as it came. */
function pairsOf(flat: Buffer[]): RawAnswer['headers'] {
  return flat.flatMap((name, index) =>
    index % 2 === 0
      ? [[name.toString('latin1').toLowerCase(), (flat[index + 1] ?? '').toString('latin1')] as [string, string]]
      : [],
  )
}
