import type { FastifyBaseLogger } from 'fastify'
import { normalAddress } from './address.ts'
import { callChatbot } from './call-chatbot.ts'
import type { RelayClient } from './clients.ts'
import type { LoginTokens } from './code-exchange.ts'
import type { RelayDeps } from './deps.ts'
import type { Link } from './login-state.ts'
import { revokeOfflineToken } from './offline-token.ts'
import { invalidOrExpiredLink } from './problems.ts'
import { spentLinks } from './spent-links.ts'
import { wasUnlinked } from './unlinked.ts'

interface Login {
  client: RelayClient
  link: Link
  tokens: LoginTokens
}

/**
 * Spends the link and brings the chatbot its login. Whatever goes wrong, a time-out too, which the chatbot may have taken, the
 * offline token is revoked: no live token is left that nobody holds.
 * @throws Problem
 */
export async function bringLogin(deps: RelayDeps, login: Login, log: FastifyBaseLogger): Promise<void> {
  try {
    await spendAndCall(deps, login, log)
    log.info({ client: login.client.key }, 'login brought')
  } catch (error) {
    await revokeOfflineToken(login.client, login.tokens.refresh_token, log)
    throw error
  }
}

async function spendAndCall({ store, settings }: RelayDeps, { client, link, tokens }: Login, log: FastifyBaseLogger) {
  const links = spentLinks(store, settings.stateTtlSeconds)
  if (!(await links.spend(link.jti))) throw invalidOrExpiredLink()
  // The exchange took its time, in which the person may have left.
  if (await wasUnlinked(store, link.client_key, link.chatbot_user_id, link.iat)) throw invalidOrExpiredLink()
  const call = {
    // As it stands in the list: what the link says may be spelt so that others read it otherwise.
    url: normalAddress(link.callback_url) ?? '',
    secret: client.hmacSecret,
    timeoutMs: settings.callbackTimeoutSeconds * 1000,
    login: {
      issuer: client.issuer,
      aud: client.clientId,
      chatbot_user_id: link.chatbot_user_id,
      client_key: client.key,
      relay_access_token: tokens.access_token,
      offline_refresh_token: tokens.refresh_token,
      expires_in: tokens.expires_in,
      refresh_expires_in: tokens.refresh_expires_in,
    },
  }
  await callChatbot(call, log).catch(async (error) => {
    await links.giveBack(link.jti).catch(() => log.warn({ client: client.key }, 'link stays spent'))
    throw error
  })
}
