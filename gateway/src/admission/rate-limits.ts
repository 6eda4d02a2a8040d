import { networkOf } from '@munjigi/server/network'
import type { Limit } from '../table/limits.ts'
import type { RouteTable } from '../table/route-table.ts'
import type { Principal } from './principal.ts'
import { tooManyRequests } from './problems.ts'

/**
 * So many callers are counted apart under one limit; further ones share a count, so that a flood of addresses costs bounded
 * memory.
 */
const MAX_CALLERS = 100_000
const OTHERS = ''

/** Who came how often, in this process; each limit is a token bucket of its own per caller. */
export class RateLimits {
  readonly #buckets = new Map<string, Buckets>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** @throws Problem 429 `too-many-requests` where the caller must wait */
  require(limit: Limit, caller: string): void {
    const waitMs = this.#bucketsOf(limit).take(caller, this.#now())
    if (waitMs > 0) throw tooManyRequests(limit, Math.ceil(waitMs / 1000))
  }

  /** Forgets what was counted under limits that the table no longer has. */
  follow({ modules }: Pick<RouteTable, 'modules'>): void {
    const rules = [...modules.values()].flatMap(({ prefixes }) => prefixes.flatMap((prefix) => prefix.rules))
    const ids = new Set(rules.map(({ limit }) => limit?.id))
    for (const id of this.#buckets.keys()) if (!ids.has(id)) this.#buckets.delete(id)
  }

  #bucketsOf(limit: Limit): Buckets {
    const known = this.#buckets.get(limit.id)
    if (known !== undefined) return known
    const buckets = new Buckets(limit)
    this.#buckets.set(limit.id, buckets)
    return buckets
  }
}

/**
 * A bucket as one number, the moment at which it will be full again (GCRA). One that was not touched for as long as filling
 * takes is full, so what stands in the older of two maps by then is forgotten with it.
 */
class Buckets {
  readonly #intervalMs: number
  readonly #fillMs: number
  #young = new Map<string, number>()
  #old = new Map<string, number>()
  #turnAt = 0

  constructor({ perSecond, burst }: Limit) {
    this.#intervalMs = 1000 / perSecond
    this.#fillMs = burst * this.#intervalMs
  }

  /** Takes one, or gives in how many milliseconds there will be one. */
  take(caller: string, now: number): number {
    if (now >= this.#turnAt) this.#turn(now)
    const key = this.#young.size < MAX_CALLERS || this.#young.has(caller) ? caller : OTHERS
    const fullAt = Math.max(this.#young.get(key) ?? this.#old.get(key) ?? 0, now) + this.#intervalMs
    const waitMs = fullAt - now - this.#fillMs
    // A rounding error is no reason to wait.
    if (waitMs > 1e-6) return waitMs
    this.#young.set(key, fullAt)
    return 0
  }

  #turn(now: number): void {
    this.#old = now >= this.#turnAt + this.#fillMs ? new Map() : this.#young
    this.#young = new Map()
    this.#turnAt = now + this.#fillMs
  }
}

interface Came {
  readonly principal: Principal | undefined
  readonly callerAddress: string
}

/** Under what name a request is counted: the person or the key where there is one, else the address, an IPv6 one by its /64. */
export function callerOf({ by }: Limit, { principal, callerAddress }: Came): string {
  const token = by === 'address' ? undefined : principal?.token
  if (token === undefined) return `address ${networkOf(callerAddress)}`
  const isKey = by === 'key' && principal?.own === undefined
  return isKey ? `key ${token.sid}` : `person ${token.subject}`
}
