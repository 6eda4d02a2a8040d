import type { IncomingMessage } from 'node:http'
import { X_SERVICE_CONTEXT } from '@munjigi/contracts/headers'
import { ambiguousHeader, malformedRequest } from '../problems.ts'
import type { RouteTable } from '../table/route-table.ts'
import { contextTooLarge, methodNotProxied, unknownHost } from './problems.ts'

const MAX_CONTEXT_BYTES = 4096
const HOST = /^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/

/** What Node's parser lets through although two readers may read it in two ways (RFC 9112 §6). @throws Problem 400, 405, 431 */
export function requireSound(request: IncomingMessage): void {
  if (request.httpVersionMajor !== 1) throw malformedRequest('Use HTTP/1.1.')
  const coding = request.headers['transfer-encoding']
  if (coding !== undefined) requireChunked(coding, request.httpVersionMinor)
  requireSingleLines(request.rawHeaders)
  const context = request.headers[X_SERVICE_CONTEXT]
  if (context !== undefined && context.length > MAX_CONTEXT_BYTES) throw contextTooLarge()
  // TRACE would show a caller what the gateway adds; a tunnel would pass by every rule.
  if (request.method === 'TRACE' || request.method === 'CONNECT') throw methodNotProxied(request.method)
}

function requireChunked(coding: string, minorVersion: number): void {
  if (minorVersion === 0) throw malformedRequest('HTTP/1.0 has no Transfer-Encoding: send Content-Length.')
  if (coding.toLowerCase() !== 'chunked')
    throw malformedRequest('Transfer-Encoding must be "chunked" and nothing else.')
}

/** Of two lines one service would believe the first, another the last. */
function requireSingleLines(rawHeaders: readonly string[]): void {
  let hosts = 0
  let types = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
    if (name.length === 12 && name.toLowerCase() === 'content-type') types += 1
  }
  if (hosts === 0) throw malformedRequest('Send the header Host.')
  if (hosts > 1) throw ambiguousHeader('Host')
  if (types > 1) throw ambiguousHeader('Content-Type')
}

/** @throws Problem 400 unless the gateway is meant by this `Host`. */
export function requirePublicHost(host: string, table: RouteTable): void {
  if (!HOST.test(host)) throw malformedRequest('The header Host is not well-formed.')
  if (!table.isPublicHost(host)) throw unknownHost()
}
