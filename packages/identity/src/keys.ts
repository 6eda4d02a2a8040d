import { createPublicKey, type KeyObject } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { atMost, inTime } from '@munjigi/deadline'
import type { Dispatcher } from 'undici'
import { request } from 'undici'
import type { Algorithm, TrustedIssuer } from './issuers.ts'

const REFRESH_MS = 5 * 60_000
const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 5_000
const COOL_DOWN_MS = 30_000
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

export interface KeySource {
  /** Grows whenever the set of keys changes, so that what was verified by an older set is verified again. */
  readonly generation: number
  /** False until keys were had once. */
  readonly isReady: boolean
  find(kid: string, algorithm: Algorithm): KeyObject | undefined
  /** Fetches once per cool-down, however many unknown keys ask for it; failures count. Never rejects. */
  refetch(): Promise<void>
  status(): { issuer: string; keys: number; fetched_at: number | undefined; failing: boolean }
  close(): void
}

interface KeySourceOptions {
  /** How long a request waits for a fetch at most. */
  patienceMs: number
  onFetch: (outcome: 'ok' | 'failed') => void
}

/** An issuer's public keys: fetched ahead, refreshed in the background, kept while the issuer is down. */
export function createKeySource(issuer: TrustedIssuer, { patienceMs, onFetch }: KeySourceOptions): KeySource {
  const stopped = new AbortController()
  let keys = new Map<string, KeyObject>()
  let lastText = ''
  let generation = 0
  let fetchedAt: number | undefined
  let failures = 0
  let lastAttempt = Number.NEGATIVE_INFINITY
  let lastRefetch = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  const load = async (): Promise<void> => {
    lastAttempt = performance.now()
    try {
      const document = await fetchJwks(issuer, stopped.signal)
      const next = readKeys(document, issuer.algorithms)
      const text = JSON.stringify(document.keys)
      if (text !== lastText) generation += 1
      lastText = text
      keys = next
      fetchedAt = Date.now()
      failures = 0
    } catch {
      // The old keys stay in use: an issuer that is down hurts nobody who holds a good token.
      failures += 1
    }
    onFetch?.(failures > 0 ? 'failed' : 'ok')
  }
  const loadOnce = (): Promise<void> => {
    running ??= load().finally(() => {
      running = undefined
    })
    return running
  }
  // A house that starts all at once finds its issuers a moment later; one that is down for long is asked seldom.
  const retryMs = () => Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
  // A fetch in the background uses nobody's turn: an issuer may sign by a new key right after it.
  const isCoolingDown = (): boolean => {
    const now = performance.now()
    if (fetchedAt === undefined) return now - lastAttempt < retryMs()
    if (now - lastRefetch < COOL_DOWN_MS) return true
    lastRefetch = now
    return false
  }
  const keepFresh = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await loadOnce()
      await delay(failures > 0 ? retryMs() : REFRESH_MS, undefined, { signal: stopped.signal, ref: false })
    }
  }
  keepFresh().catch(() => {
    // Only the abort of close() ends the loop.
  })

  return {
    get generation() {
      return generation
    },
    get isReady() {
      return fetchedAt !== undefined
    },
    find: (kid, algorithm) => keys.get(`${algorithm}:${kid}`),
    refetch: async () => {
      if (running === undefined && isCoolingDown()) return
      await atMost(patienceMs, loadOnce())
    },
    status: () => ({ issuer: issuer.issuer, keys: keys.size, fetched_at: fetchedAt, failing: failures > 0 }),
    close: () => stopped.abort(),
  }
}

async function fetchJwks(issuer: TrustedIssuer, stop: AbortSignal): Promise<{ keys?: unknown }> {
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

function readKeys(document: { keys?: unknown }, algorithms: Algorithm[]): Map<string, KeyObject> {
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
