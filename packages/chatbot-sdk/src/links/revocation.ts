import { atMost } from '@munjigi/deadline'
import type { Provider } from '../provider.ts'
import type { OpenedTokens } from '../tokens-at-rest.ts'

/** The answer does not wait longer for the IdP to hear of what is over here already. */
const REVOCATION_WAIT_MS = 1_000

export type Revoke = (tokens: OpenedTokens | undefined) => Promise<void>

/** Best effort: nobody holds the token any more, and unused it ends by itself. */
export const revocation =
  (provider: Pick<Provider, 'revoke'>): Revoke =>
  async (tokens) => {
    if (tokens === undefined) return
    const revoked = provider.revoke(tokens.refresh_token).catch(() => {})
    await atMost(REVOCATION_WAIT_MS, revoked)
  }
