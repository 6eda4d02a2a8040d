import { parseArgs } from 'node:util'
import { developmentCertificate } from './development-certificate.ts'
import { addressesOf, readHouseEnv } from './env.ts'
import { type FrontDoor, frontDoor } from './front-door.ts'
import { messenger } from './messenger.ts'
import { DEVELOPMENT_PASSWORD } from './realm.ts'
import { houseSecrets } from './secrets.ts'
import { BOT_ID } from './services-variables.ts'

const USAGE = `What is asked of the house that npm start runs:

munjigi login <login id or e-mail> [--password <password>]
  signs in through SSO without a browser, or by e-mail and password, and prints the access token
munjigi chat <chat id> <words>
  says something to the chatbot as somebody in a messenger, and prints its card
`

const { positionals, values } = commandLine()
const [command, who, ...words] = positionals
const { ports, dataFolder } = readHouseEnv()
const { gateway, console: consoleUrl } = addressesOf(ports)

const commands: Record<string, (door: FrontDoor, who: string, words: string) => Promise<string>> = {
  login: (door, who) => (who.includes('@') ? door.logIn : door.signIn)(who, values.password ?? DEVELOPMENT_PASSWORD),
  async chat(door, chat, words) {
    const { skillKey: secret } = houseSecrets(dataFolder)
    const { text, link } = await messenger(door, { secret, botId: BOT_ID }).say(chat, words)
    return link === undefined ? text : `${text}\n\n${link}`
  },
}
const run = Object.hasOwn(commands, command ?? '') ? commands[command as string] : undefined
if (run === undefined || who === undefined || words.length > 0 !== (command === 'chat')) refuse(USAGE)

const { certFile } = await developmentCertificate(dataFolder)
const door = frontDoor({ gatewayUrl: gateway, consoleUrl, certFile })
try {
  process.stdout.write(`${await run(door, who, words.join(' '))}\n`)
} catch (error) {
  process.stderr.write(`munjigi: ${explain(error, gateway)}\n`)
  process.exitCode = 1
} finally {
  await door.close()
}

function commandLine() {
  try {
    return parseArgs({ allowPositionals: true, options: { password: { type: 'string' } } })
  } catch (error) {
    return refuse(`munjigi: ${(error as Error).message}\n\n${USAGE}`)
  }
}

function refuse(why: string): never {
  process.stderr.write(why)
  process.exit(2)
}

function explain(error: unknown, gateway: string): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED') return `nothing answers at ${gateway}: start the house with npm start`
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT')
    return `the house at ${gateway} does not keep its data in ${dataFolder}: set MUNJIGI_DATA_FOLDER as npm start was given it`
  return (error as Error).message
}
