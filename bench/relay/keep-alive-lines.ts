import type { Line } from '../report.ts'
import type { KeepAliveRun } from './keep-alive.ts'
import type { RelayBench } from './relay-bench.ts'
import type { Seen } from './token-endpoint.ts'

const DUE = 1_000
const AT_ONCE = 20

/** One chatbot, then two at once: what they did as the identity provider saw it. */
export async function measureKeepAlive(bench: RelayBench): Promise<Line[]> {
  const lines: Line[] = []
  for (const work of ['keepAlive', 'keepAliveTwice'] as const) {
    await bench.seen<Seen>()
    const { outcomes, seconds } = await bench.work<KeepAliveRun>({ work, count: DUE })
    const { refreshes, repeated, mostAtOnce } = await bench.seen<Seen>()
    const renewed = outcomes.reduce((sum, outcome) => sum + outcome.renewed, 0)
    const processes = outcomes.length === 1 ? 'one chatbot' : `${outcomes.length} chatbots at once`
    lines.push({
      what: `${DUE} people due for keep-alive, ${processes}`,
      ours: `${renewed} renewed in ${seconds.toFixed(1)} s`,
      theirs: `${refreshes} refreshes seen, ${repeated} of one token twice, ${mostAtOnce} in flight at most`,
      ratio: '–',
      goal: `${DUE} renewed, 0 twice, ≤ ${AT_ONCE * outcomes.length} in flight`,
    })
  }
  return lines
}
