import { Agent, fetch } from 'undici'
import { type IssuerKey, keycloakTokens } from './keycloak-tokens.ts'
import { linkedPeople } from './linked-people.ts'
import { type Done, repeat } from './work.ts'

const PEOPLE = 100
const AT_ONCE = 16
const PATH = '/v1/menus'

/** A chatbot that asks a module for people with valid tokens, and the same requests by undici alone. */
export async function callWorks(key: IssuerKey, gatewayUrl: string) {
  const people = await linkedPeople(key)
  const names = await people.link(PEOPLE)
  const chatbot = people.chatbot(gatewayUrl)
  const agent = new Agent({ allowH2: false })
  const tokens = keycloakTokens(key)
  const credentials = names.map((sub) => ({ authorization: `Bearer ${tokens.access(sub)}`, 'x-user-sub': sub }))

  return {
    as: (count: number): Promise<Done> =>
      repeat(count, AT_ONCE, async (index) => {
        await read(await chatbot.as(names[index % PEOPLE] as string).fetch('meal', PATH))
      }),
    bare: (count: number): Promise<Done> =>
      repeat(count, AT_ONCE, async (index) => {
        const headers = credentials[index % PEOPLE] as Record<string, string>
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
