import type { IncomingMessage } from 'node:http'
import { malformedRequest } from '../problems.ts'
import { handshakeMalformed, handshakeVersion } from './problems.ts'

/** `token` for readers that also part pairs at `;`, know no case, trim, or make lists. */
const TOKEN_NAME = /^\W*token\W*(?:\[.*)?$/is
const KEY = /^[A-Za-z0-9+/]{22}==$/

/** What of a WebSocket's handshake may carry a token, and what is left of it for the upstream. */
export interface Handshake {
  /** Found in `?token=` and after the subprotocol `bearer`. */
  readonly tokens: readonly string[]
  /** Query without `token`, for the upstream; undefined where nothing is left. */
  readonly query: string | undefined
  /** Subprotocols without `bearer` and its token. */
  readonly protocols: readonly string[]
  /** `bearer` as the caller spelt it: what the gateway answers where the upstream chooses none. */
  readonly bearer: string | undefined
}

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

/** Finds the tokens of an upgrade and takes them out of what is forwarded. Never throws: an open route reads none. */
export function readHandshake(rawHeaders: readonly string[], query: string | undefined): Handshake {
  const tokens: string[] = []
  const left = takeTokens(query, tokens)
  const offered = listProtocols(rawHeaders)
  const protocols: string[] = []
  for (let i = 0; i < offered.length; i++) {
    if (!isBearer(offered[i] as string)) protocols.push(offered[i] as string)
    else tokens.push(offered[++i] ?? '')
  }
  return { tokens, query: left, protocols, bearer: offered.find(isBearer) }
}

/** In any case: what follows is a token and goes no further, whoever wrote the name how. */
const isBearer = (protocol: string): boolean => protocol.toLowerCase() === 'bearer'

function takeTokens(query: string | undefined, tokens: string[]): string | undefined {
  if (query === undefined || !/token|%/i.test(query)) return query
  const left = query.replace(/[&;]?([^&;]*)/g, (whole, pair: string) => {
    // Any spelling an upstream might read as `token` is taken out, so that no token goes on in a URL.
    const [[name, value] = ['', '']] = new URLSearchParams(`&${pair}`)
    if (!TOKEN_NAME.test(name)) return whole
    tokens.push(value)
    return ''
  })
  return tokens.length === 0 ? query : left.replace(/^[&;]/, '') || undefined
}

function listProtocols(rawHeaders: readonly string[]): string[] {
  const protocols: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'sec-websocket-protocol') continue
    protocols.push(...(rawHeaders[i + 1] as string).split(',').map((text) => text.trim()))
  }
  return protocols.filter((protocol) => protocol !== '')
}
