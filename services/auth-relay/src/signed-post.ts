import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { canonicalJson } from '@munjigi/sealing/canonical-json'
import { signatureOf } from '@munjigi/sealing/signature'
import { request } from 'undici'

const ANSWER_LIMIT_BYTES = 16 * 1024

/**
 * Sends `payload` in canonical form, the very bytes that are signed, and gives the status; a redirect is a status like any.
 * @throws DOMException `TimeoutError` after `timeoutMs`, else the connection's error.
 */
export async function signedPost(url: string, payload: object, secret: string, timeoutMs: number): Promise<number> {
  const body = canonicalJson(payload)
  const signal = AbortSignal.timeout(timeoutMs)
  const answer = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [X_RELAY_SIGNATURE]: signatureOf(secret, body) },
    body,
    signal,
  })
  // Nothing in it is read; without this the connection would not be used again.
  answer.body.dump({ limit: ANSWER_LIMIT_BYTES, signal }).catch(() => {})
  return answer.statusCode
}
