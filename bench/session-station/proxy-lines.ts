import type { ChildProcess } from 'node:child_process'
import { ask, cpuSeconds, LOAD_CORE, residentBytes, startModule, stop } from '../child.ts'
import type { Outcome } from '../load.ts'
import { figure, type Line, ratioOf, written } from '../report.ts'
import { interleave } from '../rounds.ts'
import type { ProxyLoad } from './proxy-load.ts'
import type { StationBench } from './station-table.ts'

const PROXY = '/api/session-station/v1/proxy/bench'
const CONNECTIONS = 32
/** Long enough for the just-in-time compilers on both sides of the wire. */
const WARM_UP_MS = 8_000
const MB = 1024 * 1024
const STREAMED_MB = 1_000
const WARM_UP_MB = 500

/** Small answers through the proxy and through a handler that only passes on, in one process by turns. */
export async function measureRequests(bench: StationBench): Promise<Line> {
  const { port, plainPort, headers } = bench.station
  const load = startModule(LOAD_CORE, new URL('proxy-load.ts', import.meta.url))
  try {
    const proxied = (ms: number) =>
      rateOf(bench, load, { port, path: `${PROXY}/small`, headers, connections: CONNECTIONS, ms })
    const plain = (ms: number) =>
      rateOf(bench, load, { port: plainPort, path: '/small', headers, connections: CONNECTIONS, ms })
    await proxied(WARM_UP_MS)
    await plain(WARM_UP_MS)
    const [ours = [], theirs = []] = await interleave([() => proxied(bench.ms), () => plain(bench.ms)], bench.rounds)
    return {
      what: 'proxied requests per second and core',
      ours: written(figure(ours)),
      theirs: `plain undici forward ${written(figure(theirs))}`,
      ratio: ratioOf(ours, theirs),
      goal: '≥ 0.5 ×',
    }
  } finally {
    await stop(load)
  }
}

async function rateOf({ process: { pid = 0 } }: StationBench, load: ChildProcess, asked: ProxyLoad): Promise<number> {
  const before = cpuSeconds(pid)
  const { done, failed } = await ask<Outcome>(load, asked)
  if (failed > 0) throw new Error(`${failed} of ${done} requests of the bench failed`)
  return done / (cpuSeconds(pid) - before)
}

/** How much larger a gigabyte leaves the process, once its heap has taken its size. */
export async function measureMemory(bench: StationBench): Promise<Line> {
  const grown = {
    proxied: await growth(bench, bench.station.port, PROXY),
    plain: await growth(bench, bench.station.plainPort, ''),
  }
  return {
    what: 'memory in MB per 100 MB streamed through the proxy (1 GB, text)',
    ours: grown.proxied.toFixed(2),
    theirs: `plain undici forward ${grown.plain.toFixed(2)}`,
    ratio: '–',
    goal: '≤ 1 MB',
  }
}

async function growth({ station, process: { pid = 0 } }: StationBench, port: number, root: string): Promise<number> {
  const load = startModule(LOAD_CORE, new URL('proxy-load.ts', import.meta.url))
  const stream = async (mb: number) => {
    const path = `${root}/stream/${mb * MB}`
    const { bytes } = await ask<{ bytes: number }>(load, { port, path, headers: station.headers, read: true })
    if (bytes < mb * MB) throw new Error(`a stream of the bench ended after ${bytes} bytes`)
  }
  try {
    await stream(WARM_UP_MB)
    const before = residentBytes(pid)
    await stream(STREAMED_MB)
    return ((residentBytes(pid) - before) / MB / STREAMED_MB) * 100
  } finally {
    await stop(load)
  }
}
