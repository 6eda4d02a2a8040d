import type { EgressAnswer } from '../egress/egress.ts'
import type { ExtractionRule } from '../profiles/profile.ts'
import { answerReader, NothingFound } from './answer-reader.ts'
import { statedEnd } from './expiry.ts'
import { isGiven } from './given-fields.ts'

/** In characters. */
const MAX_VALUE_LENGTH = 32_768

interface FoundCookie {
  value: string
  /** Epoch ms. */
  expires?: number
}

export interface Source {
  /** One for each request of the login, in order; undefined for those that were not sent (yet): their rules are left out. */
  answers: readonly (EgressAnswer | undefined)[]
  /** Of the jar, as it would be sent to `url`. */
  cookie(name: string, url: URL): FoundCookie | undefined
  now: number
  /** Names of the fields that injections use (`usedFields`): of these the `exp` of a JWT counts. */
  used: ReadonlySet<string>
}

interface Extracted {
  /** Of rules that ask an answer; what is given without one is `givenFields`. */
  fields: Record<string, string>
  /** Epoch ms: the earliest end that the target stated, at least 10 s ahead; undefined where it stated none. */
  endsAt: number | undefined
  /** Names of rules that found nothing. */
  faults: string[]
  /** Names of fields that stated an end which is past or cannot be read, and does not count. */
  ignoredEnds: string[]
}

type Found = { value: string | undefined; ends?: number | undefined }

/** What the rules of source 004 find in the answers of a login. Never throws for what a target has sent. */
export function extract(rules: readonly ExtractionRule[], source: Source): Extracted {
  const readers = source.answers.map((answer) => answer && answerReader(answer))
  const fields = new Map<string, string>()
  const cookieEnds = new Map<string, number>()
  const missed = new Set<string>()

  for (const rule of rules.filter((rule) => !isGiven(rule))) {
    const step = rule.step ?? source.answers.length - 1
    const [answer, reader] = [source.answers[step], readers[step]]
    if (!answer || !reader) continue
    const { value, ends } = rule.source === 'cookie' ? cookieOf(rule, answer.url, source) : foundIn(rule, reader)
    if (isUsable(value)) fields.set(rule.name, value)
    else missed.add(rule.name)
    if (ends !== undefined) cookieEnds.set(rule.name, ends)
  }

  // Not by assignment: `__proto__` is a field's name too.
  const found = Object.fromEntries(fields)
  const { endsAt, ignored } = statedEnd(found, { ...source, cookieEnds })
  return { fields: found, endsAt, faults: [...missed].filter((name) => !fields.has(name)), ignoredEnds: ignored }
}

// U+FFFD: bytes that are no text in the answer's charset. A value that was read wrongly is none.
const isUsable = (value: string | undefined): value is string =>
  value !== undefined && value.length <= MAX_VALUE_LENGTH && value.isWellFormed() && !value.includes('\ufffd')

function cookieOf(rule: ExtractionRule, url: URL, { cookie, used }: Source): Found {
  const found = cookie(rule.key_path ?? rule.name, url)
  // A cookie of an earlier step, a CSRF value say, may end with that step.
  const counts = rule.step === undefined || used.has(rule.name)
  return { value: found?.value, ends: counts ? found?.expires : undefined }
}

function foundIn(rule: ExtractionRule, reader: ReturnType<typeof answerReader>): Found {
  try {
    if (rule.source === 'body') return { value: reader.body(rule.key_path) }
    if (rule.source === 'html') return { value: reader.element(rule.key_path ?? '', rule.attribute) }
    return { value: reader.header(rule.key_path ?? rule.name, rule.all === true) }
  } catch (error) {
    if (error instanceof NothingFound) return { value: undefined }
    throw error
  }
}
