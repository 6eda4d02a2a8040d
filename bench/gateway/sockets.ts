import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { cpuSeconds, residentBytes } from '../child.ts'
import { figure, type Line, ratioOf, written } from '../report.ts'
import type { Contender } from './contenders/contender.ts'
import { startHaproxy } from './contenders/haproxy.ts'
import { startMunjigi } from './contenders/munjigi.ts'
import type { Bench } from './run.ts'
import { converse, open, startEcho } from './websockets.ts'

const SPEAKING = 32
const MESSAGES = 2_000
const IDLE = 1_000
const SETTLE_MS = 1_500

/** Our gateway and HAProxy in front of an upstream that echoes; `port` and the ten after it must be free. */
export async function measureWebSockets(bench: Bench, port: number): Promise<Line[]> {
  const echo = await startEcho()
  const upstream = (echo.address() as AddressInfo).port
  const munjigi = bench.add(await startMunjigi(bench.house, { user: bench.upstream, module: upstream }, port))
  const haproxy = bench.add(await startHaproxy(bench.house, upstream, port + 5))
  const [token = ''] = bench.house.tokens(1)
  try {
    return [...(await messages(bench, munjigi, haproxy, token)), await memory(munjigi, token)]
  } finally {
    echo.close()
  }
}

async function messages(
  bench: Bench,
  munjigi: Contender,
  haproxy: Contender | undefined,
  token: string,
): Promise<Line[]> {
  const work = (one: Contender) => async () => {
    const sockets = await Promise.all(Array.from({ length: SPEAKING }, () => open(one.port, token)))
    const before = cpuSeconds(one.process.pid ?? 0)
    await converse(sockets, MESSAGES)
    const used = cpuSeconds(one.process.pid ?? 0) - before
    for (const socket of sockets) socket.destroy()
    // Each message is relayed once towards the upstream and once back.
    return (used * 1e6) / (SPEAKING * MESSAGES * 2)
  }
  const [ours = [], theirs = []] = await bench.interleave(
    [munjigi, ...(haproxy === undefined ? [] : [haproxy])].map(work),
  )
  const line = { what: 'CPU µs per relayed WebSocket message', ours: written(figure(ours)), goal: '≤ 1.25 ×' }
  if (haproxy === undefined) return [{ ...line, theirs: 'HAProxy is not here', ratio: '–' }]
  return [{ ...line, theirs: `HAProxy ${written(figure(theirs))}`, ratio: ratioOf(ours, theirs) }]
}

async function memory(munjigi: Contender, token: string): Promise<Line> {
  const pid = munjigi.process.pid ?? 0
  const warm = await Promise.all(Array.from({ length: IDLE }, () => open(munjigi.port, token)))
  for (const socket of warm) socket.destroy()
  await delay(SETTLE_MS)
  const before = residentBytes(pid)
  const sockets = await Promise.all(Array.from({ length: IDLE * 3 }, () => open(munjigi.port, token)))
  await delay(SETTLE_MS)
  const each = (residentBytes(pid) - before) / sockets.length / 1024
  for (const socket of sockets) socket.destroy()
  return {
    what: `KB per idle proxied WebSocket (${IDLE * 3} open)`,
    ours: each.toFixed(1),
    theirs: 'goal',
    ratio: '–',
    goal: '≤ 30 KB',
  }
}
