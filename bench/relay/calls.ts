import type { Chatbot } from '@munjigi/chatbot-sdk/chatbot'
import { Agent, fetch } from 'undici'
import { type Done, repeat } from '../work.ts'
import { type IssuerKey, keycloakTokens } from './keycloak-tokens.ts'
import { linkedPeople } from './linked-people.ts'

const PEOPLE = 1_000
/** So many call again and again, while what is known of them is remembered. */
const FREQUENT = 100
const AT_ONCE = 16
const PATH = '/v1/menus'

/** A chatbot that asks a module for people with valid tokens, and the same requests by undici alone. */
export async function callWorks(key: IssuerKey, gatewayUrl: string) {
  const people = await linkedPeople(key)
  const names = await people.link(PEOPLE)
  const chatbot = people.chatbot(gatewayUrl)
  const callAs = async (by: Chatbot, index: number) =>
    read(await by.as(names[index % PEOPLE] as string).fetch('meal', PATH))
  const agent = new Agent({ allowH2: false })
  const tokens = keycloakTokens(key)
  const credentials = names
    .slice(0, FREQUENT)
    .map((sub) => ({ authorization: `Bearer ${tokens.access(sub)}`, 'x-user-sub': sub }))

  return {
    async as(count: number): Promise<Done> {
      await repeat(FREQUENT, AT_ONCE, (index) => callAs(chatbot, index))
      return repeat(count, AT_ONCE, (index) => callAs(chatbot, index % FREQUENT))
    },
    /** Each for somebody else, by a chatbot that remembers nobody. */
    async asNew(count: number): Promise<Done> {
      const newcomer = people.chatbot(gatewayUrl)
      await repeat(FREQUENT, AT_ONCE, (index) => callAs(newcomer, index))
      const done = await repeat(count, AT_ONCE, (index) => callAs(newcomer, FREQUENT + index))
      await newcomer.close()
      return done
    },
    bare: (count: number): Promise<Done> =>
      repeat(count, AT_ONCE, async (index) => {
        const headers = credentials[index % FREQUENT] as Record<string, string>
        await read(await fetch(`${gatewayUrl}/api/meal${PATH}`, { headers, dispatcher: agent }))
      }),
    async close() {
      await chatbot.close()
      await agent.close()
      await people.close()
    },
  }
}

async function read(answer: { ok: boolean; status: number; text(): Promise<string> }): Promise<void> {
  await answer.text()
  if (!answer.ok) throw new Error(`a call of the bench was answered ${answer.status}`)
}
