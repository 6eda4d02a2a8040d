import { ProviderError } from '@munjigi/identity/openid-provider'
import type { ChatbotEvent } from '../events.ts'
import { exchangeRefused, loginUnavailable } from '../problems.ts'
import type { ExchangeTarget, Provider } from '../provider.ts'
import { failureOf } from '../renewal/refusal.ts'

const EARLY_MS = 60_000
const MAX_KEPT = 10_000

interface ExchangeParts {
  provider: Pick<Provider, 'exchange'>
  now: () => number
  emit: (event: ChatbotEvent) => void
}

/**
 * A token of one audience for an access token of the login (RFC 8693), kept until 60 s before its end. Undefined where the
 * provider no longer takes the access token. @throws Problem 502 `exchange-refused`, 503 `login-unavailable`
 */
export type Exchange = (accessToken: string, target: ExchangeTarget) => Promise<string | undefined>

export function exchanges({ provider, now, emit }: ExchangeParts): Exchange {
  const kept = new Map<string, { token: Promise<string | undefined>; until: number }>()

  async function ask(key: string, accessToken: string, target: ExchangeTarget): Promise<string | undefined> {
    try {
      const { access_token, expires_in = 0 } = await provider.exchange(accessToken, target)
      const entry = kept.get(key)
      if (entry) entry.until = now() + expires_in * 1000 - EARLY_MS
      emit({ kind: 'exchange', outcome: 'exchanged' })
      return access_token
    } catch (error) {
      kept.delete(key)
      return refused(error)
    }
  }

  function refused(error: unknown): undefined {
    if (!(error instanceof ProviderError)) throw error
    const isOutage = failureOf(error) === 'unavailable'
    emit({ kind: 'exchange', outcome: isOutage ? 'unavailable' : 'refused', reason: error.message })
    if (isOutage) throw loginUnavailable(error)
    if (!isSubjectRefused(error)) throw exchangeRefused(error)
  }

  return (accessToken, target) => {
    // The end of the signature tells tokens apart, whatever their length.
    const key = `${target.audience} ${target.scope ?? ''} ${accessToken.slice(-43)}`
    const known = kept.get(key)
    if (known && known.until > now()) return known.token
    if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value as string)
    const token = ask(key, accessToken, target)
    kept.set(key, { token, until: Number.POSITIVE_INFINITY })
    return token
  }
}

/** Keycloak says so of a token that is over, or whose login is (KEYCLOAK.md §6). */
const isSubjectRefused = ({ error, description }: ProviderError): boolean =>
  error === 'invalid_request' && description === 'Invalid token'
