import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** A request as it left this process. */
export interface Sent {
  method: string
  origin: string
  path: string
  /** Names in lower case. */
  headers: Record<string, string>
  body: string
}

export interface WireTap extends Disposable {
  /** The latest one to that path, whatever its query. @throws Error where there was none */
  latest(path: string, origin?: string): Sent
}

interface UndiciRequest {
  method: string
  origin: string | URL
  path: string
  headers: string[]
}

/** Sees what the house's parts send one another by undici: the wire of a house that is one process. */
export function wireTap(): WireTap {
  const sent = new Map<object, Sent>()
  const created = (message: unknown) => {
    const { request } = message as { request: UndiciRequest }
    const { method, origin, path, headers } = request
    sent.set(request, { method, origin: String(origin), path, headers: pairs(headers), body: '' })
  }
  const chunkSent = (message: unknown) => {
    const { request, chunk } = message as { request: UndiciRequest; chunk: Uint8Array | string }
    const known = sent.get(request)
    if (known !== undefined) known.body += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
  }
  subscribe('undici:request:create', created)
  subscribe('undici:request:bodyChunkSent', chunkSent)
  return {
    latest(path, origin) {
      const found = [...sent.values()].findLast(
        (one) => one.path.split('?')[0] === path && (origin === undefined || one.origin === origin),
      )
      if (found === undefined) throw new Error(`nothing was sent to ${path}`)
      return found
    },
    [Symbol.dispose]() {
      unsubscribe('undici:request:create', created)
      unsubscribe('undici:request:bodyChunkSent', chunkSent)
    },
  }
}

function pairs(headers: string[]): Record<string, string> {
  const result: Record<string, string> = {}
  for (let i = 0; i < headers.length; i += 2) result[String(headers[i]).toLowerCase()] = String(headers[i + 1])
  return result
}
