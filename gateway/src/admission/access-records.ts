import type { AccessRecord } from '@munjigi/contracts/access'
import { createFlights } from './flights.ts'
import type { UserService } from './user-service.ts'

const FRESH_MS = 5_000
/** The record of somebody busy is fetched ahead of time, so that none of their requests waits for it. */
const REFRESH_AFTER_MS = 4_250
const STALE_MS = 60_000
const SWEEP_MS = 1_000
const MAX_NAMES = 50_000

/** What user said of one person, and when; times in ms of `performance.now()`. */
export interface KnownAccess {
  /** Undefined: user does not know the name. */
  readonly record: AccessRecord | undefined
  /** Every name of the person, as `personName` writes it. */
  readonly names: readonly string[]
  readonly askedAt: number
  readonly receivedAt: number
}

export interface AccessRecords {
  /** What may be used without asking. */
  remembered(issuer: string, sub: string): KnownAccess | undefined
  /** @throws Problem 503 `access-unknown` where user does not answer and nothing young enough is remembered. */
  find(issuer: string, sub: string): Promise<KnownAccess>
  /** Forgets the person of this name, under all their names, and returns those. */
  drop(name: string): readonly string[]
  dropAll(): void
}

interface AccessRecordsDeps {
  user: UserService
  now?: () => number
}

/** The name of a person in memory and in messages about changes; no subject contains a line feed. */
export const personName = (issuer: string, sub: string): string => `${issuer}\n${sub}`

/** Access records (DESIGN §4.4): kept for 5 s, dropped at a message, stale for 60 s at most while user is away. */
export function createAccessRecords({ user, now = () => performance.now() }: AccessRecordsDeps): AccessRecords {
  const kept = new Map<string, KnownAccess>()
  let sweptAt = now()
  const flights = createFlights<KnownAccess>({
    namesOf: ({ names }) => names,
    keep: (_key, access) => keep(access),
    now,
  })

  function keep(access: KnownAccess) {
    for (const name of access.names) {
      // The person may have lost a name; and what is deleted first stands at the end, so the map's order is that of age.
      for (const known of kept.get(name)?.names ?? []) kept.delete(known)
      kept.set(name, access)
    }
    if (kept.size > MAX_NAMES || now() - sweptAt > SWEEP_MS) sweep()
  }

  /** Not at each answer: a Map steps over what was deleted at its front, which costs as much as deleting it. */
  function sweep() {
    sweptAt = now()
    for (const [name, { askedAt }] of kept) {
      if (kept.size <= MAX_NAMES && sweptAt - askedAt < STALE_MS) break
      kept.delete(name)
    }
  }

  async function ask(issuer: string, sub: string): Promise<KnownAccess> {
    const askedAt = now()
    const record = await user.findRecord({ issuer, sub })
    const others = record?.names.map((name) => personName(name.issuer, name.sub)) ?? []
    return { record, names: [...new Set([personName(issuer, sub), ...others])], askedAt, receivedAt: now() }
  }

  const refresh = (issuer: string, sub: string): Promise<KnownAccess> =>
    flights.fly(personName(issuer, sub), 0, () => ask(issuer, sub))

  function remembered(issuer: string, sub: string): KnownAccess | undefined {
    const access = kept.get(personName(issuer, sub))
    if (access === undefined) return undefined
    const age = now() - access.askedAt
    if (age < REFRESH_AFTER_MS) return access
    if (age >= FRESH_MS && !(user.isDown && age < STALE_MS)) return undefined
    refresh(issuer, sub).catch(() => {
      // This was ahead of time: whoever needs the record asks again, and is told of a failure.
    })
    return access
  }

  return {
    remembered,
    async find(issuer, sub) {
      const known = remembered(issuer, sub)
      if (known !== undefined) return known
      try {
        return await refresh(issuer, sub)
      } catch (error) {
        // Read after the failure, so that a record that a message has deleted meanwhile is never used.
        const stale = kept.get(personName(issuer, sub))
        if (stale !== undefined && now() - stale.askedAt < STALE_MS) return stale
        throw error
      }
    },
    drop(name) {
      const names = kept.get(name)?.names ?? [name]
      for (const known of names) kept.delete(known)
      flights.overtake(names)
      return names
    },
    dropAll() {
      kept.clear()
      flights.overtake(undefined)
    },
  }
}
