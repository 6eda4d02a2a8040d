import type { ChatbotEvent } from '../events.ts'
import { exchangeRefused } from '../problems.ts'
import type { ExchangeTarget } from '../provider.ts'
import type { PersonToken } from '../renewal/login-memory.ts'
import type { Renewal } from '../renewal/renewal.ts'
import type { Exchange } from './exchange.ts'
import type { Gateway } from './gateway-fetch.ts'

export interface AsPerson {
  /** Asks a module in the person's name; see `Gateway.fetch`. */
  fetch(service: string, path: string, init?: RequestInit): Promise<Response>
}

interface PersonParts {
  gateway: Pick<Gateway, 'fetch'>
  renewal: Pick<Renewal, 'tokenOf'>
  exchange: Exchange
  /** By module: what it asks for. */
  targets: ReadonlyMap<string, ExchangeTarget>
  now: () => number
  emit: (event: ChatbotEvent) => void
}

/** Calls in the name of whoever the chat is linked to. */
export function asPerson(
  { gateway, renewal, exchange, targets, now, emit }: PersonParts,
  chatbotUser: string,
): AsPerson {
  async function exchanged(
    token: PersonToken,
    target: ExchangeTarget,
  ): Promise<{ from: PersonToken; access_token: string }> {
    const access_token = await exchange(token.access_token, target)
    if (access_token !== undefined) return { from: token, access_token }
    // The renewal tells why the provider refuses it, or brings one that it takes.
    const renewed = await renewal.tokenOf(chatbotUser, token.access_token)
    const again = await exchange(renewed.access_token, target)
    if (again === undefined) throw exchangeRefused()
    return { from: renewed, access_token: again }
  }

  return {
    fetch(service, path, init) {
      const target = targets.get(service)
      let used: PersonToken | undefined
      return gateway.fetch(service, path, init, async (wasRefused) => {
        if (wasRefused && used && used.expires_at <= now()) emit({ kind: 'unauthorized_after_expiry' })
        used = await renewal.tokenOf(chatbotUser, wasRefused ? used?.access_token : undefined)
        if (target === undefined) return used
        const { from, access_token } = await exchanged(used, target)
        used = from
        return { sub: from.sub, access_token }
      })
    },
  }
}
