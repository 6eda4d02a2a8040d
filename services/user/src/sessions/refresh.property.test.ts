import assert from 'node:assert/strict'
import { after, before, beforeEach, mock, test } from 'node:test'
import fc from 'fast-check'
import { decodeJwt } from 'jose'
import { refusalOf } from '../refusal.fixture.ts'
import { signedInService } from '../signed-in.fixture.ts'

const CAP = 3
const WINDOW_MS = 10_000
const RUNS = 10

let service: Awaited<ReturnType<typeof signedInService>>
let second: string
before(async () => {
  service = await signedInService({ MAX_SESSIONS_PER_PERSON: String(CAP) })
  second = await service.start()
})
after(() => service.close())
beforeEach(() => mock.timers.reset())

/** One family of refresh tokens as the contract describes it: the last one is unused, each other was used at its time. */
interface Family {
  sid: string
  tokens: { text: string; exp: number; usedAt?: number }[]
  lastUsed: number
  isEnded: boolean
}

type Step =
  | { kind: 'sign-in' }
  | { kind: 'use'; family: number; age: number; times: number }
  | { kind: 'sign-out'; family: number }
  | { kind: 'wait'; ms: number }

const index = fc.nat({ max: 3 })
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('sign-in' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('use' as const),
      family: index,
      age: fc.oneof(fc.constant(0), fc.nat({ max: 2 })),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sign-out' as const), family: index }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 1000, WINDOW_MS, WINDOW_MS + 1, 5 * 86_400_000),
    }),
  },
)

const tokenOf = (text: string) => ({ text, exp: decodeJwt(text).exp ?? 0 })
const isOver = ({ exp }: { exp: number }) => Math.floor(Date.now() / 1000) >= exp

/** What the contract says of the token `age` before the newest; a use that succeeds moves the model on, given its answer. */
function expected(family: Family, age: number) {
  const at = Math.max(0, family.tokens.length - 1 - age)
  const token = family.tokens[at]
  if (token === undefined) throw new Error('a family without a token')
  if (isOver(token)) return { token, refusal: 'refresh-token-invalid' }
  if (family.isEnded) return { token, refusal: 'session-ended' }
  if (token.usedAt === undefined) return { token, successor: 'new' as const }
  if (Date.now() - token.usedAt > WINDOW_MS) return { token, refusal: 'session-ended', isTheft: true }
  const next = family.tokens[at + 1]
  if (next?.usedAt !== undefined) return { token, refusal: 'refresh-token-used' }
  return { token, successor: next?.text }
}

async function use(family: Family, { age, times }: { age: number; times: number }) {
  const { token, refusal, isTheft, successor } = expected(family, age)
  const answers = await Promise.all(
    Array.from({ length: times }, (_, turn) => service.refresh(token.text, turn % 2 ? second : service.url)),
  )
  if (refusal !== undefined) {
    for (const answer of answers) assert.deepEqual(await refusalOf(answer), [401, refusal])
    if (isTheft) family.isEnded = true
    return
  }
  const given = await Promise.all(
    answers.map(async (answer) => {
      assert.equal(answer.status, 200)
      return ((await answer.json()) as { refresh_token: string }).refresh_token
    }),
  )
  assert.equal(new Set(given).size, 1)
  family.lastUsed = Date.now()
  if (successor !== 'new') return assert.equal(given[0], successor)
  token.usedAt = Date.now()
  family.tokens.push(tokenOf(given[0] ?? ''))
}

async function signIn(families: Family[], loginid: string) {
  const { sid, refreshToken } = await service.signIn({ loginid })
  const live = families.filter(({ isEnded, tokens }) => !isEnded && !isOver(tokens.at(-1) ?? { exp: 0 }))
  const idle = live.toSorted((a, b) => b.lastUsed - a.lastUsed || families.indexOf(b) - families.indexOf(a))
  for (const family of idle.slice(CAP - 1)) family.isEnded = true
  families.push({ sid, tokens: [tokenOf(refreshToken)], lastUsed: Date.now(), isEnded: false })
}

async function signOut(family: Family) {
  const newest = family.tokens.at(-1)
  if (newest === undefined || isOver(newest)) return
  const answer = await fetch(`${service.url}/api/auth/v1/logout`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: newest.text }),
  })
  assert.equal(answer.status, 204)
  family.isEnded = true
}

async function take(step: Step, families: Family[], loginid: string) {
  // PGlite's clock is this one: at one moment nothing would tell which of two sessions is idle longer.
  mock.timers.tick(1)
  if (step.kind === 'wait') return mock.timers.tick(step.ms)
  if (step.kind === 'sign-in') return signIn(families, loginid)
  const family = families[step.family % families.length]
  if (family === undefined) return
  if (step.kind === 'sign-out') return signOut(family)
  return use(family, step)
}

test('whatever is signed in, refreshed, replayed, waited for and signed out, tokens do as the contract says', async () => {
  let runs = 0
  const property = fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 14 }), async (steps) => {
    mock.timers.reset()
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const loginid = `run-${++runs}`
    const families: Family[] = []
    await signIn(families, loginid)
    for (const step of steps) await take(step, families, loginid)

    const unused = await service.db
      .selectFrom('refresh_tokens')
      .select(['sid', (eb) => eb.fn.countAll<number>().as('count')])
      .where('used_at', 'is', null)
      .groupBy('sid')
      .execute()
    assert.ok(unused.every(({ count }) => count === 1))
  })
  await fc.assert(property, { numRuns: RUNS })
})
