import type { IncomingHttpHeaders } from 'node:http'
import { X_REQUEST_ID } from '@munjigi/contracts/headers'
import { addListed } from './outbound-headers.ts'

/** Of an upstream's answer these end here: hop-by-hop, its CORS, its request id, and what names its software or host. */
const DROPPED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-connection',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-aspnet-version',
  'x-powered-by',
  'x-served-by',
  X_REQUEST_ID,
])
const CORS_PREFIX = 'access-control-'

/** Headers of the answer to the caller as a flat list; `cors` are ours. */
export function answerHeaders(
  headers: IncomingHttpHeaders,
  requestId: string,
  cors: readonly string[] | undefined,
): string[] {
  const answer: string[] = []
  const listed = headers.connection === undefined ? undefined : addListed(undefined, String(headers.connection))
  for (const name in headers) {
    if (DROPPED.has(name) || listed?.has(name) || name.startsWith(CORS_PREFIX)) continue
    const value = headers[name] as string | string[]
    if (typeof value === 'string') answer.push(name, value)
    else for (const one of value) answer.push(name, one)
  }
  answer.push(X_REQUEST_ID, requestId)
  if (cors !== undefined) answer.push(...cors)
  return answer
}
