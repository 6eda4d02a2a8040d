import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { RelayCallback, SIGNED_WITHIN_SECONDS } from '@munjigi/contracts/relay'
import { isSignedPayload } from '@munjigi/sealing/signature'
import type { Store } from '@munjigi/store/store'
import { type Static, type TSchema, Type } from 'typebox'
import { Check, Errors } from 'typebox/value'
import { callbackLate, callbackMalformed, nonceUsed, relaySignatureInvalid } from './relay-problems.ts'

const LIMIT_BYTES = 64 * 1024
/** What is signed ahead of this clock by the whole tolerance stays acceptable for twice as long. */
export const MESSAGE_LIFE_MS = (2 * SIGNED_WITHIN_SECONDS + 60) * 1000

const Stamp = Type.Object({ ts: RelayCallback.properties.ts, nonce: RelayCallback.properties.nonce })

interface RelayTrust {
  relay: { clientKey: string; hmacSecret: string }
  store: Store
  now: () => number
}

/**
 * What the relay signed, in the order in which it is judged (DESIGN §7): signature, time, nonce, shape. A nonce is spent by
 * a message that is refused later, not by a wrong signature. An outage of the store rejects: nothing is accepted unchecked.
 * @throws Problem 400 `callback-malformed`; 401 `relay-signature-invalid`, `callback-late` or `nonce-used`
 */
export async function readRelayMessage<Shape extends TSchema>(
  shape: Shape,
  rawBody: Buffer | string,
  headers: IncomingHttpHeaders,
  { relay, store, now }: RelayTrust,
): Promise<Static<Shape>> {
  const payload = parse(textOf(rawBody))
  const signature = headers[X_RELAY_SIGNATURE]
  if (typeof signature !== 'string' || !isSignedPayload(relay.hmacSecret, payload, signature))
    throw relaySignatureInvalid()
  const { ts, nonce } = requireShape(Stamp, payload)
  const behind = Math.floor(now() / 1000) - ts
  if (Math.abs(behind) > SIGNED_WITHIN_SECONDS) throw callbackLate(behind, SIGNED_WITHIN_SECONDS)
  const isNew = await store.add(`relay-nonce:${relay.clientKey}:${nonce}`, '1', MESSAGE_LIFE_MS)
  if (!isNew) throw nonceUsed()
  return requireShape(shape, payload)
}

function textOf(rawBody: Buffer | string): string {
  if (Buffer.byteLength(rawBody) > LIMIT_BYTES) throw callbackMalformed(`It is larger than ${LIMIT_BYTES} bytes`)
  if (typeof rawBody === 'string') return rawBody
  // Decoded loosely, two bodies could be read as one.
  if (!isUtf8(rawBody)) throw callbackMalformed('It is no UTF-8')
  return rawBody.toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw callbackMalformed('It is no JSON')
  }
}

function requireShape<Shape extends TSchema>(shape: Shape, payload: unknown): Static<Shape> {
  if (Check(shape, payload)) return payload as Static<Shape>
  const [fault] = Errors(shape, payload)
  throw callbackMalformed(`${fault?.instancePath || '/'} ${fault?.message}`)
}

/** No database takes NUL as text. @throws Problem 400 `callback-malformed` */
export function requireStorable({ chatbot_user_id }: { chatbot_user_id: string }): void {
  if (chatbot_user_id.includes('\0')) throw callbackMalformed('/chatbot_user_id must not hold NUL')
}
