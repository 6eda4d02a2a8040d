import { Problem } from '@munjigi/problem'

export const handshakeMalformed = (detail: string) =>
  new Problem(400, 'handshake-malformed', 'This is no WebSocket handshake', { detail })
export const handshakeVersion = () =>
  new Problem(426, 'handshake-version', 'Another WebSocket version is needed', {
    detail: 'Use version 13 (RFC 6455)',
    headers: { 'sec-websocket-version': '13' },
  })
