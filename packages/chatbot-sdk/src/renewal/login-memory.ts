const REMEMBERED_MS = 5_000
const MAX_REMEMBERED = 50_000

/** A person's access token, opened; `expires_at` in milliseconds. */
export interface PersonToken {
  sub: string
  access_token: string
  expires_at: number
}

export interface LoginMemory {
  find(chatbotUser: string): PersonToken | undefined
  /** Runs `read` and remembers what it gives, unless a change was told meanwhile. */
  remember(chatbotUser: string, read: () => Promise<PersonToken>): Promise<PersonToken>
  drop(chatbotUser: string): void
  empty(): void
}

/** Opened tokens for 5 s at most by a clock in milliseconds that only goes forward, so that most calls ask neither the database nor the key ring. */
export function loginMemory(clock: () => number = () => performance.now()): LoginMemory {
  const entries = new Map<string, { token: PersonToken; until: number }>()
  let changes = 0

  return {
    find(chatbotUser) {
      const entry = entries.get(chatbotUser)
      if (entry === undefined || entry.until > clock()) return entry?.token
      entries.delete(chatbotUser)
      return undefined
    },
    async remember(chatbotUser, read) {
      const before = changes
      // Counted from before the read: what it finds may be as old as that.
      const until = clock() + REMEMBERED_MS
      const token = await read()
      if (changes !== before) return token
      if (entries.size >= MAX_REMEMBERED) entries.delete(entries.keys().next().value as string)
      entries.set(chatbotUser, { token, until })
      return token
    },
    drop(chatbotUser) {
      changes += 1
      entries.delete(chatbotUser)
    },
    empty() {
      changes += 1
      entries.clear()
    },
  }
}
