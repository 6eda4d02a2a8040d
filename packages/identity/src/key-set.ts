import { createPublicKey, type KeyObject } from 'node:crypto'
import { inTime } from '@munjigi/deadline'
import type { Dispatcher } from 'undici'
import { request } from 'undici'
import type { Algorithm, TrustedIssuer } from './issuers.ts'

const FETCH_TIMEOUT_MS = 3_000
const MAX_BODY_BYTES = 256 * 1024
const MAX_KEYS = 64
const MIN_RSA_BITS = 2048

interface Jwk {
  kid?: string
  kty?: string
  use?: string
  alg?: string
  crv?: string
}

/**
 * An issuer's key set (RFC 7517 §5), from `jwks_uri` or the address that discovery gives.
 * @throws Error where none comes within 3 s
 */
export async function fetchKeySet(issuer: TrustedIssuer, stop: AbortSignal): Promise<{ keys?: unknown }> {
  if (issuer.loadKeys !== undefined) return issuer.loadKeys()
  return inTime(FETCH_TIMEOUT_MS, async (late) => {
    const signal = AbortSignal.any([stop, late])
    const uri = issuer.jwks_uri ?? (await discoverJwksUri(issuer.issuer, signal))
    return (await fetchJson(uri, signal)) as { keys?: unknown }
  })
}

async function discoverJwksUri(issuer: string, signal: AbortSignal): Promise<string> {
  // OpenID Connect Discovery §4.3: the document must name the issuer that was asked.
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = (await fetchJson(url, signal)) as { issuer?: unknown; jwks_uri?: unknown }
  if (document.issuer !== issuer || typeof document.jwks_uri !== 'string')
    throw new Error('discovery names another issuer')
  return document.jwks_uri
}

async function fetchJson(url: string, signal: AbortSignal): Promise<unknown> {
  const { statusCode, body } = await request(url, { signal, headers: { accept: 'application/json' } })
  if (statusCode !== 200) {
    await body.dump()
    throw new Error(`status ${statusCode}`)
  }
  return JSON.parse(await readBounded(body))
}

async function readBounded(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error('key set too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The keys of a set that fit one of `algorithms`, by `<algorithm>:<kid>`. @throws Error where there are none */
export function readKeys(document: { keys?: unknown }, algorithms: Algorithm[]): Map<string, KeyObject> {
  if (!Array.isArray(document.keys)) throw new Error('not a key set')
  const keys = new Map<string, KeyObject>()
  for (const jwk of document.keys.slice(0, MAX_KEYS) as Jwk[]) {
    const key = importKey(jwk)
    if (key === undefined) continue
    for (const algorithm of algorithms) if (fits(jwk, key, algorithm)) keys.set(`${algorithm}:${jwk.kid}`, key)
  }
  // An issuer that signs has a key: a set without one is a failure of its endpoint, not a withdrawal of all.
  if (keys.size === 0) throw new Error('no usable key')
  return keys
}

function importKey(jwk: Jwk): KeyObject | undefined {
  if (typeof jwk !== 'object' || jwk === null || typeof jwk.kid !== 'string') return undefined
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined
  try {
    return createPublicKey({ key: jwk as never, format: 'jwk' })
  } catch {
    // A key of a kind that is not used here (RFC 7517 §5: ignored).
    return undefined
  }
}

function fits(jwk: Jwk, key: KeyObject, algorithm: Algorithm): boolean {
  if (jwk.alg !== undefined && jwk.alg !== algorithm) return false
  if (algorithm === 'ES256') return jwk.kty === 'EC' && jwk.crv === 'P-256'
  if (algorithm === 'EdDSA') return jwk.kty === 'OKP' && jwk.crv === 'Ed25519'
  return jwk.kty === 'RSA' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS
}
