import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { figure, type Line, ratioOf, written } from '../report.ts'
import { type Munjigi, services } from './contenders/munjigi.ts'
import type { Bench } from './run.ts'

const LEAVING = 1_000
/** What is measured is a lasting loss, not the tidying up behind those who left. */
const SETTLE_MS = 1_000
const RELOADS = 20
const RELOAD_EVERY_MS = 250

export async function measureResilience(bench: Bench, munjigi: Munjigi): Promise<Line[]> {
  return [await leavers(bench, munjigi), await reloads(bench, munjigi)]
}

async function leavers(bench: Bench, munjigi: Munjigi): Promise<Line> {
  const tokens = bench.house.tokens(500)
  const load = { tokens, connections: 32, ms: bench.ms }
  await bench.run(munjigi, load)
  const before: number[] = []
  const after: number[] = []
  for (let round = 0; round < bench.rounds; round += 1) {
    before.push((await bench.run(munjigi, load)).perSecond)
    await Promise.all(
      Array.from({ length: LEAVING }, (_, index) => leave(munjigi, tokens[index % tokens.length] as string)),
    )
    await delay(SETTLE_MS)
    after.push((await bench.run(munjigi, load)).perSecond)
  }
  return {
    what: `requests/s 1 s after ${LEAVING} clients left in mid-answer`,
    ours: written(figure(after)),
    theirs: `before ${written(figure(before))}`,
    ratio: ratioOf(after, before),
    goal: 'unchanged',
  }
}

/** Asks for an answer larger than any buffer on the way, reads its beginning and goes. */
function leave({ port }: Munjigi, token: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => resolve())
  socket.on('close', () => resolve())
  socket.once('data', () => {
    socket.pause()
    setTimeout(() => socket.destroy(), 20)
  })
  socket.write(`GET /api/meal/large HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  return promise
}

async function reloads(bench: Bench, munjigi: Munjigi): Promise<Line> {
  const running = bench.run(munjigi, {
    tokens: bench.house.tokens(500),
    connections: 32,
    ms: RELOADS * RELOAD_EVERY_MS + 1_000,
  })
  for (let version = 1; version <= RELOADS; version += 1) {
    await delay(RELOAD_EVERY_MS)
    writeFileSync(munjigi.table, services(munjigi.upstreams, version))
  }
  const { done, failed } = await running
  return {
    what: `failed requests during ${RELOADS} reloads under load`,
    ours: String(failed),
    theirs: `of ${done}`,
    ratio: '–',
    goal: '0',
  }
}
