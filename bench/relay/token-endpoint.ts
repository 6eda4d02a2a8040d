// Plays the identity provider on the load's core: discovery, keys, and a token endpoint that counts.
import { createPublicKey } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { claimsOf } from '@munjigi/chatbot-sdk/token-claims'
import { type IssuerKey, keycloakTokens, TOKEN_LIFETIME_S } from './keycloak-tokens.ts'

/** A provider across the network is not there at once, so that requests pile up if anything lets them. */
const ANSWER_AFTER_MS = 20

/** What came since the last look. */
export interface Seen {
  refreshes: number
  /** Refresh tokens that came more than once. */
  repeated: number
  mostAtOnce: number
}

let seen = new Map<string, number>()
let atOnce = 0
let mostAtOnce = 0

const server = createServer()
server.listen(0, '127.0.0.1', () => process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))

process.on('message', (message: IssuerKey | { look: true }) => {
  if ('look' in message) return look()
  const answers = answersOf(message)
  server.on('request', async (request, response) => {
    const body = JSON.stringify(await answers(request))
    response.setHeader('content-type', 'application/json')
    response.end(body)
  })
  process.send?.('ready')
})

function look(): void {
  const counts = [...seen.values()]
  const outcome: Seen = { refreshes: counts.length, repeated: counts.filter((count) => count > 1).length, mostAtOnce }
  process.send?.(outcome)
  seen = new Map()
  mostAtOnce = 0
}

function answersOf(key: IssuerKey): (request: IncomingMessage) => object | Promise<object> {
  const { issuer, jwk } = key
  const publicJwk = createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' })
  const tokens = keycloakTokens(key)
  const discovery = {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/certs`,
  }
  const keys = { keys: [{ ...publicJwk, kid: jwk.kid, alg: 'RS256', use: 'sig' }] }

  return async (request) => {
    if (request.method === 'GET') return request.url?.endsWith('/certs') ? keys : discovery
    const refreshToken = new URLSearchParams(await text(request)).get('refresh_token') ?? ''
    seen.set(refreshToken, (seen.get(refreshToken) ?? 0) + 1)
    atOnce += 1
    mostAtOnce = Math.max(mostAtOnce, atOnce)
    await delay(ANSWER_AFTER_MS)
    atOnce -= 1
    const sub = String(claimsOf(refreshToken)?.sub)
    return {
      access_token: tokens.access(sub),
      expires_in: TOKEN_LIFETIME_S,
      refresh_token: tokens.offline(sub),
      refresh_expires_in: 0,
      token_type: 'Bearer',
      scope: 'openid offline_access',
    }
  }
}
