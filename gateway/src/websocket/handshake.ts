import type { IncomingMessage } from 'node:http'
import { handshakeMalformed, handshakeVersion, malformedRequest } from '../problems.ts'

const KEY = /^[A-Za-z0-9+/]{22}==$/

/** True for what goes the way of WebSockets; any other upgrade is a plain request whose Upgrade is dropped. */
export const isWebSocket = ({ headers, method }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'

/** @throws Problem 400 or 426 unless it is a handshake of RFC 6455 §4.1. */
export function requireHandshake({ headers, httpVersionMinor }: IncomingMessage): void {
  if (httpVersionMinor < 1) throw handshakeMalformed('A WebSocket needs HTTP/1.1')
  if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined)
    throw malformedRequest('A WebSocket handshake has no body.')
  if (headers['sec-websocket-version'] !== '13') throw handshakeVersion()
  if (!KEY.test(headers['sec-websocket-key'] ?? ''))
    throw handshakeMalformed('Send one Sec-WebSocket-Key of 16 bytes in base64')
}
