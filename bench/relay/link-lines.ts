import type { ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask, cpuSeconds, LOAD_CORE, listening, start, startModule, stop, TESTED_CORE } from '../child.ts'
import type { Outcome } from '../load.ts'
import { figure, type Line, ratioOf, written } from '../report.ts'
import { interleave } from '../rounds.ts'
import type { Done } from '../work.ts'
import type { LinkLoad } from './link-load.ts'
import type { RelayBench } from './relay-bench.ts'

const ISSUE_SECRET = 'bench-issue-0123456789-abcdefghijklmnopqrstuvwxyz'
const CONNECTIONS = 32
const BARE = 10_000
/** Long enough for the just-in-time compilers on both sides of the wire. */
const WARM_UP_MS = 3_000

/** Login links asked for over HTTP, by a client that signs and by one that does not, beside jose's signature alone. */
export async function measureLinks(bench: RelayBench): Promise<Line[]> {
  const folder = mkdtempSync(join(tmpdir(), 'munjigi-bench-'))
  const env = { BENCH_PORT: String(bench.port), BENCH_FOLDER: folder, BENCH_ISSUE_SECRET: ISSUE_SECRET }
  const server = fileURLToPath(new URL('relay-server.ts', import.meta.url))
  const relay = start(TESTED_CORE, process.execPath, [server], env)
  const asking = startModule(LOAD_CORE, new URL('link-load.ts', import.meta.url))
  try {
    await listening(bench.port)
    const load = { port: bench.port, connections: CONNECTIONS }
    const signed = (ms: number) => issue({ relay, asking }, { ...load, ms, clientKey: 'signed', secret: ISSUE_SECRET })
    const unsigned = (ms: number) => issue({ relay, asking }, { ...load, ms, clientKey: 'unsigned' })
    const bare = async () => 1e6 / (await bench.work<Done>({ work: 'links', count: BARE })).cpuMicros
    await signed(WARM_UP_MS)
    await bare()
    const works = [() => signed(bench.ms), () => unsigned(bench.ms), bare]
    const [ofSigned = [], ofUnsigned = [], ofBare = []] = await interleave(works, bench.rounds)
    return [line('signed requests', ofSigned, ofBare), line('unsigned requests', ofUnsigned, ofBare)]
  } finally {
    await Promise.all([relay, asking].map(stop))
  }
}

/** Links per second of the relay's CPU. */
async function issue(
  { relay, asking }: { relay: ChildProcess; asking: ChildProcess },
  load: LinkLoad,
): Promise<number> {
  const { pid = 0 } = relay
  const before = cpuSeconds(pid)
  const { done, failed } = await ask<Outcome>(asking, load)
  if (failed > 0) throw new Error(`${failed} of ${done} login links were refused`)
  return done / (cpuSeconds(pid) - before)
}

const line = (kind: string, ours: number[], bare: number[]): Line => ({
  what: `login links per second and core over HTTP, ${kind}`,
  ours: written(figure(ours)),
  theirs: `jose SignJWT HS256 ${written(figure(bare))}`,
  ratio: ratioOf(ours, bare),
  goal: '≥ 5000/s',
})
