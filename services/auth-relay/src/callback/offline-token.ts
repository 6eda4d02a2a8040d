import { setTimeout } from 'node:timers/promises'
import { ProviderError } from '@munjigi/identity/openid-provider'
import type { FastifyBaseLogger } from 'fastify'
import * as openid from 'openid-client'
import type { RelayClient } from '../clients/clients.ts'

const SECOND_TRY_MS = 300

/** Ends the login of a token that nobody will hold (RFC 7009). What cannot be ended is left to an operator, by the log. */
export async function revokeOfflineToken(client: RelayClient, token: string, log: FastifyBaseLogger): Promise<void> {
  const revoke = () =>
    client.provider.use((configuration) =>
      openid.tokenRevocation(configuration, token, { token_type_hint: 'refresh_token' }),
    )
  try {
    await revoke().catch(async () => {
      await setTimeout(SECOND_TRY_MS)
      await revoke()
    })
    log.info({ client: client.key }, 'offline token revoked')
  } catch (error) {
    const reason = error instanceof ProviderError ? (error.error ?? error.kind) : (error as Error).name
    log.error({ client: client.key, reason }, 'offline token not revoked')
  }
}
