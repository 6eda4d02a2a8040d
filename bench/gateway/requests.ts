import { randomUUID } from 'node:crypto'
import { figure, type Line, ratioOf, rounded, written } from '../report.ts'
import type { Contender } from './contenders/contender.ts'
import { requireRefusals } from './refusals.ts'
import type { Bench, Round } from './run.ts'

const CONNECTIONS = 32
const LIVE_TOKENS = 500
const MANY_TOKENS = 10_000
const NEW_TOKENS_PER_ROUND = 4_000
/** Records of people live for 5 s: so long a load runs before what is measured is the steady state. */
const STEADY_MS = 5_000
/** Long enough for the just-in-time compilers on both sides of the wire. */
const WARM_UP_MS = 4_000

export interface Field {
  munjigi: Contender
  haproxy: Contender | undefined
  envoy: Contender | undefined
  httpProxy: Contender
}

export async function measureRequests(bench: Bench, field: Field): Promise<Line[]> {
  for (const contender of [...present(field), field.httpProxy]) await requireRefusals(contender, bench.house)
  return [
    ...(await throughput(bench, field)),
    ...(await tokens(bench, field.munjigi)),
    ...(await latency(bench, field)),
  ]
}

const present = (field: Field) => [field.munjigi, field.haproxy, field.envoy].filter((one) => one !== undefined)
const cpu = (rounds: Round[]) => rounds.map(({ cpuMicros }) => cpuMicros)

async function throughput(bench: Bench, field: Field): Promise<Line[]> {
  const live = bench.house.tokens(LIVE_TOKENS)
  const all = [...present(field), field.httpProxy]
  const load = { tokens: live, connections: CONNECTIONS }
  for (const contender of all) await bench.run(contender, { ...load, ms: WARM_UP_MS })
  const results = await bench.interleave(all.map((contender) => () => bench.run(contender, { ...load, ms: bench.ms })))
  const of = (contender: Contender) => results[all.indexOf(contender)] ?? []
  const ours = of(field.munjigi)
  const failed = results.flat().reduce((sum, round) => sum + round.failed, 0)
  if (failed > 0) process.stdout.write(`${failed} requests failed: the lines below do not count\n`)
  const lines = [field.haproxy, field.envoy]
    .filter((one) => one !== undefined)
    .map((other, index) => ({
      what: `CPU µs per request, ${LIVE_TOKENS} tokens`,
      ours: written(figure(cpu(ours))),
      theirs: `${other.name} ${written(figure(cpu(of(other))))}`,
      ratio: ratioOf(cpu(ours), cpu(of(other))),
      goal: index === 0 ? '≤ 0.85–1.0 ×' : '≤ 1.0 ×',
    }))
  const rate = (rounds: Round[]) => rounds.map(({ perSecond }) => perSecond)
  const proxied = of(field.httpProxy)
  return [
    ...lines,
    {
      what: 'requests/s',
      ours: written(figure(rate(ours))),
      theirs: `${field.httpProxy.name} ${written(figure(rate(proxied)))}`,
      ratio: ratioOf(rate(ours), rate(proxied)),
      goal: '≥ 3 ×',
    },
  ]
}

async function tokens(bench: Bench, munjigi: Contender): Promise<Line[]> {
  const people = Array.from({ length: LIVE_TOKENS }, () => randomUUID())
  const few = bench.house.tokens(LIVE_TOKENS, people)
  const many = bench.house.tokens(MANY_TOKENS)
  const run = (tokens: string[], count?: number) =>
    bench.run(munjigi, { tokens, connections: CONNECTIONS, ...(count === undefined ? { ms: bench.ms } : { count }) })
  const steady = (tokens: string[]) => async () => {
    await bench.run(munjigi, { tokens, connections: CONNECTIONS, ms: STEADY_MS })
    return run(tokens)
  }
  // A new token of a person whose record is there: what is measured is the token, not the question to user.
  const firstSight = async () => {
    const unseen = bench.house.tokens(NEW_TOKENS_PER_ROUND, people)
    await run(few, LIVE_TOKENS)
    return run(unseen, NEW_TOKENS_PER_ROUND)
  }
  await run(few, LIVE_TOKENS)
  await run(many, MANY_TOKENS)
  const [warm = [], first = [], crowded = []] = await bench.interleave([steady(few), firstSight, steady(many)])
  const extra = cpu(first).map((value, round) => value - (cpu(warm)[round] ?? 0))
  return [
    {
      what: 'first sight of a token, CPU µs',
      ours: written(figure(cpu(first))),
      theirs: `remembered ${written(figure(cpu(warm)))}`,
      ratio: `+${written(figure(extra))} µs`,
      goal: '≤ +35 µs',
    },
    {
      what: `CPU µs per request, ${MANY_TOKENS} live tokens`,
      ours: written(figure(cpu(crowded))),
      theirs: `${LIVE_TOKENS} tokens ${written(figure(cpu(warm)))}`,
      ratio: ratioOf(cpu(crowded), cpu(warm)),
      goal: '≤ 1.1 ×',
    },
  ]
}

async function latency(bench: Bench, field: Field): Promise<Line[]> {
  const live = bench.house.tokens(LIVE_TOKENS)
  const all = present(field)
  for (const contender of all) await bench.run(contender, { tokens: live, connections: 1, count: LIVE_TOKENS })
  const single = await bench.interleave(
    all.map((one) => () => bench.run(one, { tokens: live, connections: 1, ms: bench.ms })),
  )
  const { perSecond } = await bench.run(field.munjigi, { tokens: live, connections: CONNECTIONS, ms: bench.ms })
  const half = { tokens: live, connections: CONNECTIONS, ms: bench.ms, rate: perSecond / 2 }
  const loaded = await bench.interleave(all.map((one) => () => bench.run(one, half)))
  const lineOf = (what: string, goal: string, results: Round[][], pick: (round: Round) => number) =>
    all.slice(1).map((other, index) => {
      const ours = (results[0] ?? []).map(pick)
      const theirs = (results[index + 1] ?? []).map(pick)
      return {
        what,
        ours: written(figure(ours)),
        theirs: `${other.name} ${written(figure(theirs))}`,
        ratio: ratioOf(ours, theirs),
        goal,
      }
    })
  return [
    ...lineOf('one connection, p50 µs', '≤ 1.0 ×', single, ({ p50 }) => p50),
    ...lineOf(`half load (${rounded(perSecond / 2)}/s), p99 µs`, '≤ 2 ×', loaded, ({ p99 }) => p99),
  ]
}
