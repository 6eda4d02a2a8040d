const REMEMBERED_MS = 5_000
const MAX_REMEMBERED = 50_000

/** A person's access token, opened; `expires_at` in milliseconds. */
export interface PersonToken {
  sub: string
  access_token: string
  expires_at: number
}

export interface LoginMemory {
  find(kakaoId: string): PersonToken | undefined
  /** Runs `read` and remembers what it gives, unless a change was told meanwhile. */
  remember(kakaoId: string, read: () => Promise<PersonToken>): Promise<PersonToken>
  drop(kakaoId: string): void
  empty(): void
}

/** Opened tokens for 5 s at most by a clock in milliseconds that only goes forward, so that most calls ask neither the database nor the key ring. */
export function loginMemory(clock: () => number = () => performance.now()): LoginMemory {
  const entries = new Map<string, { token: PersonToken; until: number }>()
  let changes = 0

  return {
    find(kakaoId) {
      const entry = entries.get(kakaoId)
      if (entry === undefined || entry.until > clock()) return entry?.token
      entries.delete(kakaoId)
      return undefined
    },
    async remember(kakaoId, read) {
      const before = changes
      // Counted from before the read: what it finds may be as old as that.
      const until = clock() + REMEMBERED_MS
      const token = await read()
      if (changes !== before) return token
      if (entries.size >= MAX_REMEMBERED) entries.delete(entries.keys().next().value as string)
      entries.set(kakaoId, { token, until })
      return token
    },
    drop(kakaoId) {
      changes += 1
      entries.delete(kakaoId)
    },
    empty() {
      changes += 1
      entries.clear()
    },
  }
}
