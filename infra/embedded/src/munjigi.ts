import { parseArgs } from 'node:util'
import { developmentCertificate } from './development-certificate.ts'
import { addressesOf, readHouseEnv } from './env.ts'
import { frontDoor } from './front-door.ts'
import { DEVELOPMENT_PASSWORD } from './realm.ts'

const USAGE = `munjigi login <login id> [--password <password>]
  signs in through SSO without a browser and prints the access token; the house must be running (npm start)
`

const { positionals, values } = parseArgs({ allowPositionals: true, options: { password: { type: 'string' } } })
const [command, username] = positionals

if (command !== 'login' || username === undefined) {
  process.stderr.write(USAGE)
  process.exit(2)
}

const { ports, dataFolder } = readHouseEnv()
const { gateway, console: consoleUrl } = addressesOf(ports)
const { certFile } = await developmentCertificate(dataFolder)
const door = frontDoor({ gatewayUrl: gateway, consoleUrl, certFile })
try {
  process.stdout.write(`${await door.signIn(username, values.password ?? DEVELOPMENT_PASSWORD)}\n`)
} catch (error) {
  process.stderr.write(`munjigi: ${explain(error, gateway)}\n`)
  process.exitCode = 1
} finally {
  await door.close()
}

function explain(error: unknown, gateway: string): string {
  if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED')
    return `nothing answers at ${gateway}: start the house with npm start`
  return (error as Error).message
}
