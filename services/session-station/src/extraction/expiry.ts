import { numberOfValue, readJson, readPath } from './json.ts'

const FLOOR_MS = 10_000
// What ends later than that was meant to say never.
const NEVER_MS = 100 * 366 * 24 * 3600 * 1000
// 1e11 as seconds is the year 5138, as milliseconds 1973.
const LEAST_MS_EPOCH = 1e11
const NUMBER = /^\d{1,20}(?:\.\d{1,20})?$/
// With its offset: without one the target's time zone would have to be guessed.
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/i
const HTTP_DATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/

interface Stated {
  /** Epoch ms; NaN where it says nothing. */
  end: number
  /** Of the field that says it. */
  name: string
}

/**
 * The earliest end of a login (epoch ms) among what its fields state: `expires_in` (seconds), `expires_at` (epoch in s or ms,
 * ISO 8601, HTTP date), `exp` of the JWTs named in `used`, and cookies. `ignored` names what is past or unreadable: a target
 * with a wrong clock must not make every call a login, which is also why no end is nearer than 10 s.
 */
export function statedEnd(
  fields: Readonly<Record<string, string>>,
  options: { now: number; used: ReadonlySet<string>; cookieEnds?: ReadonlyMap<string, number> },
): { endsAt: number | undefined; ignored: string[] } {
  const { now, used, cookieEnds = new Map<string, number>() } = options
  const stated = Object.entries(fields)
    .flatMap(([name, value]) => endsOf(name, value, now, used))
    .concat([...cookieEnds].map(([name, end]) => ({ name, end })))

  const isUsable = ({ end }: Stated) => end > now
  const ends = stated.filter(isUsable).filter(({ end }) => end - now <= NEVER_MS)
  const ignored = new Set(stated.filter((one) => !isUsable(one)).map(({ name }) => name))
  if (ends.length === 0) return { endsAt: undefined, ignored: [...ignored] }
  const earliest = Math.min(...ends.map(({ end }) => end))
  return { endsAt: Math.max(earliest, now + FLOOR_MS), ignored: [...ignored] }
}

function endsOf(name: string, value: string, now: number, used: ReadonlySet<string>): Stated[] {
  if (name === 'expires_in') return [{ name, end: now + secondsOf(value) * 1000 }]
  if (name === 'expires_at') return [{ name, end: timeOf(value) }]
  const exp = used.has(name) ? jwtEnd(value) : undefined
  return exp === undefined ? [] : [{ name, end: exp * 1000 }]
}

const secondsOf = (text: string): number => (NUMBER.test(text.trim()) ? Number(text) : Number.NaN)

function timeOf(given: string): number {
  const text = given.trim()
  if (ISO_8601.test(text) || HTTP_DATE.test(text)) return Date.parse(text)
  const epoch = secondsOf(text)
  return epoch < LEAST_MS_EPOCH ? epoch * 1000 : epoch
}

/** `exp` of a JWT, unverified: it is for its target to believe, not for us. Undefined where the value is none or states none. */
function jwtEnd(value: string): number | undefined {
  const parts = value.replace(/^Bearer /i, '').split('.')
  if (parts.length !== 3 || !parts[0]?.startsWith('eyJ')) return undefined
  try {
    return numberOfValue(readPath(readJson(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8')), ['exp']))
  } catch {
    // Not a JWT after all: it states no end.
    return undefined
  }
}
