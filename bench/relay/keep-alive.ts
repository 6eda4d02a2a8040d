import type { KeepAliveOutcome } from '@munjigi/chatbot-sdk/renewal/keep-alive'
import type { IssuerKey } from './keycloak-tokens.ts'
import { linkedPeople } from './linked-people.ts'

const IDLE_MS = 21 * 24 * 3_600_000

/** What each of the chatbots that ran at once says of it, and how long it took until the last had finished. */
export interface KeepAliveRun {
  outcomes: KeepAliveOutcome[]
  seconds: number
}

/** People whose logins are all due, kept alive by one or several chatbots at once over one database. */
export async function keepAliveRun(key: IssuerKey, due: number, chatbots: number): Promise<KeepAliveRun> {
  const people = await linkedPeople(key)
  await people.link(due, Date.now() - IDLE_MS)
  const running = Array.from({ length: chatbots }, () => people.chatbot('https://gateway.example'))
  const begun = performance.now()
  const outcomes = await Promise.all(running.map((chatbot) => chatbot.keepAlive()))
  const seconds = (performance.now() - begun) / 1_000
  for (const chatbot of running) await chatbot.close()
  await people.close()
  return { outcomes, seconds }
}
