import type { IncomingMessage, ServerResponse } from 'node:http'
import { OAuthError } from './oauth-error.ts'

const MAX_FORM_BYTES = 64 * 1024

export interface EndpointRequest {
  url: URL
  form: URLSearchParams
  authorization: string | undefined
  cookies: Record<string, string>
  clientAddress: string
}

export interface Answer {
  status: number
  headers?: Record<string, string>
  /** Text as it is, anything else as JSON. */
  body?: unknown
}

export type Endpoint = (request: EndpointRequest) => Promise<Answer> | Answer

/** Answers one request; a thrown OAuthError becomes its JSON form. */
export async function answer(endpoint: Endpoint, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { status, headers, body } = await outcome(endpoint, req)
  const text = typeof body === 'string' || body === undefined ? (body ?? '') : JSON.stringify(body)
  const type = typeof body === 'string' || body === undefined ? {} : { 'content-type': 'application/json' }
  res.writeHead(status, { 'cache-control': 'no-store', ...type, ...headers, 'content-length': Buffer.byteLength(text) })
  res.end(text)
}

async function outcome(endpoint: Endpoint, req: IncomingMessage): Promise<Answer> {
  try {
    return await endpoint({
      url: new URL(req.url ?? '/', 'http://localhost'),
      form: await readForm(req),
      authorization: req.headers.authorization,
      cookies: Object.fromEntries((req.headers.cookie ?? '').split('; ').map((pair) => pair.split('=', 2))),
      clientAddress: req.socket.remoteAddress ?? '',
    })
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return { status: error.status, body: { error: error.error, error_description: error.message } }
  }
}

export async function readForm(req: IncomingMessage): Promise<URLSearchParams> {
  if (req.method !== 'POST') return new URLSearchParams()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_FORM_BYTES) throw new OAuthError(413, 'invalid_request', 'The form is too large')
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}
