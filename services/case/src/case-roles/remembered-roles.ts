import type { CaseRole } from '@munjigi/contracts/case-roles'
import { atMost } from '@munjigi/deadline'
import { caseRolesUnknown } from '../problems.ts'
import type { UserService } from './user-service.ts'

const FRESH_MS = 5_000
const STALE_MS = 60_000
/**
 * How long user is waited for where stale roles are at hand: it may be held up by the database, which is asked next and must be
 * waited for too.
 */
const STALE_WAIT_MS = 200
/** For so long after a failure stale roles are given at once, so that callers do not wait one after another. */
const COOL_DOWN_MS = 500
const MAX_PEOPLE = 10_000
const MAX_ATTEMPTS = 3

/** A person's case roles, by case. */
type CaseRoles = ReadonlyMap<string, CaseRole>

interface Known {
  roles: CaseRoles
  askedAt: number
}

interface Flight {
  answer: Promise<CaseRoles>
  isOvertaken: boolean
}

export interface RememberedRoles {
  /** @throws Problem 503 `case-roles-unknown` where user does not answer and nothing young enough is remembered */
  rolesOf(sub: string): Promise<CaseRoles>
  /** Forgets the person's roles, and discards an answer that is on its way. */
  drop(sub: string): void
  dropAll(): void
}

/** Case roles as user says them (DESIGN §4.4): kept for 5 s, dropped at a message, stale for 60 s at most while user is away. */
export function rememberedRoles(
  user: Pick<UserService, 'listOfPerson'>,
  now: () => number = () => performance.now(),
): RememberedRoles {
  const kept = new Map<string, Known>()
  const flights = new Map<string, Flight>()
  let failedAt = Number.NEGATIVE_INFINITY

  function findKept(sub: string, maxAgeMs: number): CaseRoles | undefined {
    const known = kept.get(sub)
    return known && now() - known.askedAt < maxAgeMs ? known.roles : undefined
  }

  async function ask(sub: string): Promise<CaseRoles> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const flight = flights.get(sub) ?? takeOff(sub)
      const roles = await flight.answer
      if (!flight.isOvertaken) return roles
    }
    throw caseRolesUnknown()
  }

  function takeOff(sub: string): Flight {
    const askedAt = now()
    const answer = user.listOfPerson(sub).then((grants) => new Map(grants.map(({ case_id, role }) => [case_id, role])))
    const flight: Flight = { answer, isOvertaken: false }
    flights.set(sub, flight)
    answer.then(
      (roles) => {
        if (!flight.isOvertaken) keep(sub, { roles, askedAt })
        land(sub, flight)
      },
      () => {
        failedAt = now()
        land(sub, flight)
      },
    )
    return flight
  }

  function land(sub: string, flight: Flight) {
    if (flights.get(sub) === flight) flights.delete(sub)
  }

  function keep(sub: string, known: Known) {
    // Deleted first, it moves to the end, so that the map is in the order of age.
    kept.delete(sub)
    kept.set(sub, known)
    if (kept.size > MAX_PEOPLE) kept.delete(kept.keys().next().value as string)
  }

  return {
    async rolesOf(sub) {
      const roles = findKept(sub, now() - failedAt < COOL_DOWN_MS ? STALE_MS : FRESH_MS)
      if (roles) return roles
      const asked = ask(sub)
      if (findKept(sub, STALE_MS)) await atMost(STALE_WAIT_MS, asked).catch(() => undefined)
      // Read after waiting: an answer that came in time is here by now, and what a message has deleted is never used.
      return findKept(sub, STALE_MS) ?? asked
    },
    drop(sub) {
      kept.delete(sub)
      const flight = flights.get(sub)
      if (flight) flight.isOvertaken = true
      flights.delete(sub)
    },
    dropAll() {
      kept.clear()
      for (const flight of flights.values()) flight.isOvertaken = true
      flights.clear()
    },
  }
}
