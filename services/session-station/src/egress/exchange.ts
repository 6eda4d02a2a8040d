import type { Dispatcher } from 'undici'
import { AnswerBytes, type Room } from './answer-bytes.ts'
import { EgressError } from './egress.ts'
import { asEgressError } from './failure.ts'

export interface RawAnswer {
  status: number
  headers: [name: string, value: string][]
  /** As it came: still compressed. */
  body: Buffer
}

/** One request and its answer, whole in memory; given up when the signal says so, in a queue as well. @throws EgressError */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  limits: { signal: AbortSignal; maxBytes: number; room: Room },
): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const { signal, maxBytes, room } = limits
  let running: Dispatcher.DispatchController | undefined
  let wasSent = false
  let status = 0
  let headers: RawAnswer['headers'] = []
  const body = new AnswerBytes(room)

  const fail = (error: unknown) => {
    signal.removeEventListener('abort', giveUp)
    body.end()
    reject(asEgressError(error, wasSent))
  }
  const giveUp = () => {
    fail(signal.reason)
    running?.abort(signal.reason)
  }
  if (signal.aborted) {
    giveUp()
    return promise
  }
  signal.addEventListener('abort', giveUp, { once: true })

  dispatcher.dispatch(request, {
    onRequestStart(controller) {
      // Thrown here it costs no connection; an abort would close one.
      if (signal.aborted) throw signal.reason
      running = controller
      wasSent = true
    },
    onResponseStart(controller, code) {
      status = code
      headers = pairsOf(controller.rawHeaders as Buffer[])
    },
    onResponseData(controller, chunk) {
      if (body.length + chunk.length > maxBytes)
        controller.abort(new EgressError('too-large', 'the answer is too large', { wasSent }))
      else if (!body.add(chunk))
        controller.abort(new EgressError('closed', 'too much is being read at once', { wasSent }))
    },
    onResponseEnd() {
      signal.removeEventListener('abort', giveUp)
      resolve({ status, headers, body: body.end() })
    },
    onResponseError: (_, error) => fail(error),
  })
  return promise
}

/** Octets one to one: what was extracted from a header goes back into one as it came. */
function pairsOf(flat: Buffer[]): RawAnswer['headers'] {
  return flat.flatMap((name, index) =>
    index % 2 === 0
      ? [[name.toString('latin1').toLowerCase(), (flat[index + 1] ?? '').toString('latin1')] as [string, string]]
      : [],
  )
}
