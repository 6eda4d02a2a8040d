import { ProviderError } from '@munjigi/identity/openid-provider'
import type { RefreshOutcome } from '../events.ts'

type Failure = Exclude<RefreshOutcome, 'renewed'>

interface Refusal {
  error: string
  description?: RegExp
  outcome: Failure
}

// Keycloak says invalid_grant of four different things; the first row that fits counts.
const REFUSALS: readonly Refusal[] = [
  { error: 'invalid_grant', description: /^Invalid token issuer/, outcome: 'misconfigured' },
  { error: 'invalid_grant', description: /don't match$/, outcome: 'misconfigured' },
  { error: 'invalid_grant', description: /^(User|Account) disabled/, outcome: 'disabled' },
  { error: 'invalid_grant', outcome: 'ended' },
  { error: 'temporarily_unavailable', outcome: 'unavailable' },
  { error: 'server_error', outcome: 'unavailable' },
  // Answers that were cut short, or hold no tokens.
  { error: 'OAUTH_PARSE_ERROR', outcome: 'unavailable' },
  { error: 'OAUTH_INVALID_RESPONSE', outcome: 'unavailable' },
]

const TOO_MANY_REQUESTS = 429

/** What a failed refresh means; whatever does not say that the login itself is over leaves the tokens as they are. */
export function failureOf({ kind, status, error, description = '' }: ProviderError): Failure {
  if (kind === 'unreachable' || status === TOO_MANY_REQUESTS) return 'unavailable'
  const known = REFUSALS.find((refusal) => refusal.error === error && (refusal.description ?? /^/).test(description))
  return known?.outcome ?? 'misconfigured'
}

/** Whether the provider refuses this client whatever it asks, so that asking for the next person is no use. */
export const isClientRefused = (error: unknown): boolean =>
  error instanceof ProviderError &&
  error.kind !== 'unreachable' &&
  failureOf(error) === 'misconfigured' &&
  error.error !== 'invalid_grant'
