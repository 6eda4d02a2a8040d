import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Context } from '../contexts/context.ts'
import { listedIn } from './answer-headers.ts'
import { injectedBody } from './body-injection.ts'
import type { Call } from './call.ts'
import type { CallerBody } from './caller-body.ts'
import { type Credentials, cookieFor, credentialsOf } from './credentials.ts'
import { withQuery } from './query-injection.ts'
import { targetOrigin } from './target-path.ts'

/** Of an agent's headers these go on, and no other. */
const PASSED = /^(?:accept|accept-.+|content-.+|range|if-.+|user-agent)$/
/** The body says its length, and whoever searches answers for secrets has to be able to read them. */
const WITHHELD = new Set(['content-length', 'accept-encoding'])
/** So small bodies go in one write with their headers. */
const SMALL_BODY_BYTES = 64 * 1024

export interface Outbound extends Dispatcher.DispatchOptions {
  origin: string
  body: Buffer | Readable | null
}

/** What goes to the target for `call` with the credentials of `context`. @throws Problem where it must not */
export async function outboundOf(call: Call, context: Context): Promise<Outbound> {
  const credentials = credentialsOf(context)
  const { headers, method } = call.request
  const origin = targetOrigin(headers['x-target-origin'], context.proxy.origins)
  const path = withQuery(call.target, credentials.query)
  const sent = outboundHeaders(headers, credentials, cookieFor(credentials, origin, path))
  const isBare = call.body === undefined && credentials.body.length === 0
  const body = isBare ? null : ((await injectedBody(credentials, call.body, headers)) ?? (await bodyOf(call.body)))
  if (body instanceof Readable && call.body?.announced !== undefined)
    sent.push('content-length', String(call.body.announced))
  return { origin, path, method: method as string, headers: sent, body, headersTimeout: 0, bodyTimeout: 0 }
}

function outboundHeaders(headers: IncomingHttpHeaders, credentials: Credentials, cookie: string | undefined): string[] {
  const sent: string[] = []
  const listed = listedIn(headers.connection)
  for (const name in headers) {
    if (!PASSED.test(name) || WITHHELD.has(name) || listed?.includes(name) || credentials.headerNames.has(name))
      continue
    sent.push(name, String(headers[name]))
  }
  sent.push(...credentials.headers, 'accept-encoding', 'identity')
  if (cookie !== undefined) sent.push('cookie', cookie)
  return sent
}

async function bodyOf(body: CallerBody | undefined): Promise<Buffer | Readable | null> {
  if (body === undefined) return null
  const isSmall = body.announced !== undefined && body.announced <= SMALL_BODY_BYTES
  return isSmall ? ((await body.whole()) ?? null) : body.reader()
}
