import { type Member, NOWHERE, Roster } from '../door/roster.ts'
import { accessUnknown } from '../problems.ts'

const MAX_ATTEMPTS = 3

interface Flight<Value> {
  readonly startedAt: number
  readonly answer: Promise<Value>
}

/** What changed since the question of a flight was sent. */
interface Overtaken extends Member {
  /** Undefined: nothing did, which is nearly always. */
  names: Set<string> | undefined
  all: boolean
}

export interface Flights<Value> {
  /** The answer for `key`, asked once for all who wait; a question sent before `since` (ms) is not joined. */
  fly(key: string, since: number, ask: () => Promise<Value>): Promise<Value>
  /** Voids the answers on their way that bear one of these names or, given undefined, all of them; they are asked for again. */
  overtake(names: readonly string[] | undefined): void
}

interface FlightRules<Value> {
  namesOf: (value: Value) => readonly string[]
  /** Called at once with an answer that nothing overtook. */
  keep: (key: string, value: Value) => void
  now: () => number
}

/** Questions that are asked once for many callers, and whose answers are discarded where a change came in between. */
export function createFlights<Value>({ namesOf, keep, now }: FlightRules<Value>): Flights<Value> {
  const flights = new Map<string, Flight<Value>>()
  const inTheAir = new Roster<Overtaken>()

  async function answer(key: string, ask: () => Promise<Value>): Promise<Value> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const overtaken: Overtaken = { place: NOWHERE, names: undefined, all: false }
      inTheAir.add(overtaken)
      const value = await ask().finally(() => inTheAir.delete(overtaken))
      if (overtaken.all || isNamed(overtaken, namesOf(value))) continue
      keep(key, value)
      return value
    }
    throw accessUnknown()
  }

  return {
    fly(key, since, ask) {
      const running = flights.get(key)
      if (running !== undefined && running.startedAt >= since) return running.answer
      const flight = { startedAt: now(), answer: answer(key, ask) }
      flights.set(key, flight)
      const land = () => {
        if (flights.get(key) === flight) flights.delete(key)
      }
      flight.answer.then(land, land)
      return flight.answer
    },
    overtake(names) {
      inTheAir.visitAll((overtaken) => {
        overtaken.all ||= names === undefined
        overtaken.names ??= new Set()
        for (const name of names ?? []) overtaken.names.add(name)
      })
    },
  }
}

const isNamed = ({ names }: Overtaken, found: readonly string[]): boolean =>
  names !== undefined && found.some((name) => names.has(name))
