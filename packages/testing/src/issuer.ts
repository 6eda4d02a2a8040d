import { constants, generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

const TOKEN_LIFE_SECONDS = 900

type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'

interface IssuerOptions {
  /** The claim `iss`; default: the address of the endpoint. */
  issuer?: string
  algorithm?: Algorithm
  /** The first key's id; the one of another issuer makes forgeries of its tokens. */
  kid?: string
}

interface Key {
  kid: string
  privateKey: KeyObject
  publicJwk: JsonWebKey
}

export interface TestIssuer {
  readonly issuer: string
  readonly kid: string
  readonly jwksUri: string
  /** What the endpoint publishes; may be changed. */
  readonly publishedKeys: JsonWebKey[]
  /** How often the keys were asked for. */
  readonly fetches: number
  /** A platform access token of a USER; `claims` and `header` replace what it says, and `undefined` leaves a member out. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>): string
  /** Tokens are signed by a new key from now on, published beside the old ones. */
  rotateKeys(): void
  /** Answers for the endpoint (an error, silence, a flood) until called with nothing. */
  answerWith(listener?: RequestListener): void
  close(): Promise<void>
}

/** An issuer of real signed tokens whose keys are served over HTTP (RFC 7517) and found by discovery. */
export async function testIssuer(options: IssuerOptions = {}): Promise<TestIssuer> {
  const algorithm = options.algorithm ?? 'RS256'
  let key = createKey(algorithm, options.kid)
  let fetches = 0
  let instead: RequestListener | undefined
  const publishedKeys = [key.publicJwk]

  // Never closes an idle connection: after a pause of the process it would fail the request just sent.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const isDiscovery = request.url?.endsWith('/openid-configuration')
    if (!isDiscovery) fetches += 1
    if (instead) return instead(request, response)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(isDiscovery ? discovery : { keys: publishedKeys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = options.issuer ?? url
  const jwksUri = `${url}/.well-known/jwks.json`
  const discovery = { issuer, authorization_endpoint: `${url}/authorize`, jwks_uri: jwksUri }

  return {
    issuer,
    jwksUri,
    publishedKeys,
    get kid() {
      return key.kid
    },
    get fetches() {
      return fetches
    },
    token: (claims, header) =>
      compactJws(
        { alg: algorithm, typ: 'at+jwt', kid: key.kid, ...header },
        { ...platformClaims(issuer), ...claims },
        key.privateKey,
      ),
    rotateKeys: () => {
      key = createKey(algorithm)
      publishedKeys.push(key.publicJwk)
    },
    answerWith: (listener) => {
      instead = listener
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function platformClaims(issuer: string): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000)
  return {
    iss: issuer,
    aud: 'munjigi',
    sub: randomUUID(),
    jti: randomUUID(),
    sid: randomUUID(),
    iat: now,
    exp: now + TOKEN_LIFE_SECONDS,
    tenant_id: '00000000-0000-4000-8000-000000000001',
    role: 'USER',
    permissions: [],
    case_roles: {},
  }
}

function createKey(algorithm: Algorithm, kid: string = randomUUID()): Key {
  const { privateKey, publicKey } = keyPair(algorithm)
  return { kid, privateKey, publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' } }
}

function keyPair(algorithm: Algorithm) {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' })
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** RFC 7515 §3.1, signed as the header's `alg` says; any other `alg` than the four gets an empty signature. */
function compactJws(header: Record<string, unknown>, claims: Record<string, unknown>, key: KeyObject): string {
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${signature(header.alg, Buffer.from(input), key).toString('base64url')}`
}

function signature(algorithm: unknown, input: Buffer, key: KeyObject): Buffer {
  if (algorithm === 'RS256') return sign('sha256', input, key)
  if (algorithm === 'PS256')
    return sign('sha256', input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
  if (algorithm === 'ES256') return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' })
  return algorithm === 'EdDSA' ? sign(null, input, key) : Buffer.alloc(0)
}
