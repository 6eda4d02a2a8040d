import type { KeyObject } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { atMost } from '@munjigi/deadline'
import type { Algorithm, TrustedIssuer } from './issuers.ts'
import { fetchKeySet, readKeys } from './key-set.ts'

const REFRESH_MS = 5 * 60_000
const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 5_000
const COOL_DOWN_MS = 30_000

export interface KeySource {
  /** Grows whenever the set of keys changes, so that what was verified by an older set is verified again. */
  readonly generation: number
  /** False until keys were fetched for the first time. */
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
      const document = await fetchKeySet(issuer, stopped.signal)
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
  // Where everything starts at once the issuer is there a moment later; one that is down for long is asked seldom.
  const retryMs = () => Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1))
  // Fetches in the background do not count: an issuer may sign by a new key right after one.
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
