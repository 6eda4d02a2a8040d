// Prints a table of numbers, the gateway's unless another is named, as ratios within one run; it fails nothing.
import { parseArgs } from 'node:util'
import { pinning } from './child.ts'
import { gatewayTable } from './gateway/gateway-table.ts'
import { relayTable } from './relay/relay-table.ts'
import { stationTable } from './session-station/station-table.ts'
import { userTable } from './user/user-table.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    port: { type: 'string', default: '19050' },
  },
})
const [name = 'gateway'] = positionals
const tables: Record<string, (options: typeof run) => Promise<void>> = {
  gateway: gatewayTable,
  relay: relayTable,
  'session-station': stationTable,
  user: userTable,
}
const table = Object.hasOwn(tables, name) ? tables[name] : undefined
if (table === undefined) {
  process.stderr.write(`bench: there is no table "${name}": say ${Object.keys(tables).join(' or ')}\n`)
  process.exit(2)
}
const run = { rounds: Number(values.rounds), ms: Number(values.seconds) * 1_000, port: Number(values.port) }

process.stdout.write(`Rounds ${run.rounds} of ${values.seconds} s, in random order, ${pinning}; median (range).\n`)
await table(run)
