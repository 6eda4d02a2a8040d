import { isWithin } from './claims.ts'
import type { KeySource } from './keys.ts'
import type { VerifiedToken } from './verified-token.ts'

/** More than the live sessions of a large house, so that tokens in rotation never push each other out. */
const MAX_REMEMBERED = 50_000

interface Remembered {
  facts: VerifiedToken
  source: KeySource
  generation: number
}

/** Tokens that were verified before, each for as long as its issuer's keys stay the same and it has not expired. */
export class RememberedTokens {
  readonly #now: () => number
  readonly #entries = new Map<string, Remembered>()

  constructor(now: () => number) {
    this.#now = now
  }

  find(token: string): VerifiedToken | undefined {
    const entry = this.#entries.get(endOf(token))
    if (entry === undefined || entry.facts.token !== token) return undefined
    if (entry.generation === entry.source.generation && isWithin(entry.facts.exp, this.#now())) return entry.facts
    this.#entries.delete(endOf(token))
    return undefined
  }

  add(facts: VerifiedToken, source: KeySource): void {
    if (this.#entries.size >= MAX_REMEMBERED) this.#entries.delete(this.#entries.keys().next().value as string)
    this.#entries.set(endOf(facts.token), { facts, source, generation: source.generation })
  }

  clear(): void {
    this.#entries.clear()
  }
}

/** 256 bits of the signature find the entry: hashing a whole token costs 2 µs, comparing it with the one found nothing. */
const endOf = (token: string): string => token.slice(-43)
