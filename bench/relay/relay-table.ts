import { generateKeyPairSync } from 'node:crypto'
import { ask, LOAD_CORE, startModule, stop, TESTED_CORE } from '../child.ts'
import { figure, type Line, print, ratioOf, written } from '../report.ts'
import { interleave } from '../rounds.ts'
import type { Done } from '../work.ts'
import { measureKeepAlive } from './keep-alive-lines.ts'
import type { IssuerKey } from './keycloak-tokens.ts'
import { measureLinks } from './link-lines.ts'
import type { RelayBench } from './relay-bench.ts'
import type { Assignment, Setup } from './works.ts'

const CALLBACKS = 3_000
const CALLS = 6_000
/** Each of somebody else. */
const FIRST_CALLS = 900

/** Prints what a chatbot's way costs: login links, call-backs, calls in a person's name, keep-alive. */
export async function relayTable(run: { rounds: number; ms: number; port: number }): Promise<void> {
  const provider = startModule(LOAD_CORE, new URL('token-endpoint.ts', import.meta.url))
  const gateway = startModule(LOAD_CORE, new URL('../gateway/upstream.ts', import.meta.url))
  const works = startModule(TESTED_CORE, new URL('works.ts', import.meta.url))
  const redisUrl = process.env.MUNJIGI_TEST_REDIS_URL
  try {
    const issuer = await new Promise<string>((resolve) => provider.once('message', resolve))
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key: IssuerKey = { issuer, jwk: { ...privateKey.export({ format: 'jwk' }), kid: 'bench' } }
    await ask(provider, key)
    const { port } = await ask<{ port: number }>(gateway, { jwks: {}, issuer })
    const setup: Setup = { key, gatewayUrl: `http://127.0.0.1:${port}`, redisUrl }
    await ask(works, setup)
    const bench: RelayBench = {
      ...run,
      work: (assignment) => ask(works, assignment),
      seen: () => ask(provider, { look: true }),
    }
    print([
      ...(await measureLinks(bench)),
      ...(await measureCallbacks(bench, redisUrl !== undefined)),
      ...(await measureCalls(bench)),
      ...(await measureKeepAlive(bench)),
    ])
    if (redisUrl === undefined) process.stdout.write('Nonces in Redis: name one in MUNJIGI_TEST_REDIS_URL.\n')
  } finally {
    await Promise.all([provider, gateway, works].map(stop))
  }
}

const perSecond = (rounds: Done[]) => rounds.map(({ cpuMicros }) => 1e6 / cpuMicros)

async function measureCallbacks(bench: RelayBench, hasRedis: boolean): Promise<Line[]> {
  const names: Assignment['work'][] = [
    'bareCallbacks',
    'callbacks',
    ...(hasRedis ? (['callbacksInRedis'] as const) : []),
  ]
  const works = names.map((work) => () => bench.work<Done>({ work, count: CALLBACKS }))
  await interleave(works, 1)
  const [bare = [], ...ours] = (await interleave(works, bench.rounds)).map(perSecond)
  return ours.map((rates, index) => ({
    what: `call-backs verified per second and core, nonces in ${index === 0 ? 'memory' : 'Redis'}`,
    ours: written(figure(rates)),
    theirs: `createHmac and RS256 verify ${written(figure(bare))}`,
    ratio: ratioOf(rates, bare),
    goal: '≥ 5000/s',
  }))
}

async function measureCalls(bench: RelayBench): Promise<Line[]> {
  const works = [
    () => bench.work<Done>({ work: 'calls', count: CALLS }),
    () => bench.work<Done>({ work: 'firstCalls', count: FIRST_CALLS }),
    () => bench.work<Done>({ work: 'bareCalls', count: CALLS }),
  ]
  await interleave(works, 1)
  const results = await interleave(works, bench.rounds)
  const [ours = [], first = [], bare = []] = results.map((rounds) => rounds.map(({ cpuMicros }) => cpuMicros))
  const database = process.env.MUNJIGI_TEST_DATABASE_URL ? 'PostgreSQL' : 'PGlite in this process'
  const theirs = `undici fetch ${written(figure(bare))}`
  return [
    {
      what: 'CPU µs per as(user).fetch with a valid token',
      ours: written(figure(ours)),
      theirs,
      ratio: ratioOf(ours, bare),
      goal: '≤ 1.2 ×',
    },
    {
      what: `the same, a person's first in 5 s (${database})`,
      ours: written(figure(first)),
      theirs,
      ratio: ratioOf(first, bare),
      goal: '–',
    },
  ]
}
