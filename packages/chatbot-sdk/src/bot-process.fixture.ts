import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect } from '@munjigi/db/connect'
import { keyRing } from '@munjigi/sealing/fernet'
import { memoryStore } from '@munjigi/store/memory'
import { createChatbot } from './chatbot.ts'
import { tablesOf } from './house.fixture.ts'
import { postgresUserMap } from './postgres-user-map.ts'
import type { ProviderSettings } from './provider.ts'

const FILE = fileURLToPath(import.meta.url)

interface BotSettings {
  databaseUrl: string
  idp: ProviderSettings
  gatewayUrl: string
  key: string
  /** How far its clock is ahead. */
  aheadMs: number
}

/** A chatbot in a process of its own, which is told chats and says the statuses of ten calls at once for each. */
export async function botProcess(settings: BotSettings) {
  const child = fork(FILE, [JSON.stringify(settings)], { execArgv: [], stdio: 'inherit' })
  await once(child, 'message')
  return {
    /** The statuses, or the types of the refusals. */
    async call(chat: string): Promise<(number | string)[]> {
      const answered = once(child, 'message')
      child.send(chat)
      const [statuses] = await answered
      return statuses as (number | string)[]
    },
    /** Asks without waiting for what comes of it. */
    send: (chat: string) => void child.send(chat),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

function run({ databaseUrl, idp, gatewayUrl, key, aheadMs }: BotSettings) {
  const bot = createChatbot({
    relay: { url: 'http://relay.invalid', clientKey: 'kakao-bot', hmacSecret: 'relay' },
    callbackUrl: 'http://chatbot.invalid/users/callback',
    idp,
    gatewayUrl,
    userMap: postgresUserMap(tablesOf(connect(databaseUrl))),
    sealing: keyRing(key),
    store: memoryStore(),
    now: () => Date.now() + aheadMs,
  })
  process.on('message', async (chat: string) => {
    const calls = Array.from({ length: 10 }, () => bot.as(chat).fetch('meal', '/x'))
    const outcomes = await Promise.allSettled(calls)
    process.send?.(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.status : String(outcome.reason?.type))),
    )
  })
  process.send?.('ready')
}

if (process.argv[1] === FILE) run(JSON.parse(process.argv[2] ?? ''))
