// Prints a table of numbers, the gateway's unless another is named, as ratios within one run; it fails nothing.
import { parseArgs } from 'node:util'
import { pinning } from './child.ts'
import { gatewayTable } from './gateway/gateway-table.ts'
import { relayTable } from './relay/relay-table.ts'
import { stationTable } from './session-station/station-table.ts'
import { userTable } from './user/user-table.ts'

const tables: Record<string, (options: typeof run) => Promise<void>> = {
  gateway: gatewayTable,
  relay: relayTable,
  'session-station': stationTable,
  user: userTable,
}
const { values, positionals } = commandLine()
const [name = 'gateway', ...more] = positionals
const table = Object.hasOwn(tables, name) ? tables[name] : undefined
if (table === undefined || more.length > 0) refuse(`there is no table "${positionals.join(' ')}"`)
const run = { rounds: count('rounds'), ms: count('seconds') * 1_000, port: count('port') }

process.stdout.write(`Rounds ${run.rounds} of ${values.seconds} s, in random order, ${pinning}; median (range).\n`)
await table(run)

function commandLine() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '7' },
        seconds: { type: 'string', default: '2' },
        port: { type: 'string', default: '19050' },
      },
    })
  } catch (error) {
    return refuse((error as Error).message)
  }
}

function count(option: keyof typeof values): number {
  const number = Number(values[option])
  if (!(number > 0)) refuse(`--${option} is not a number above 0`)
  return number
}

function refuse(why: string): never {
  const usage = `npm run bench -- [${Object.keys(tables).join('|')}] [--rounds 7] [--seconds 2] [--port 19050]`
  process.stderr.write(`bench: ${why}; the call is ${usage}\n`)
  process.exit(2)
}
