import type { Store } from '@munjigi/store/store'
import type { FastifyBaseLogger } from 'fastify'
import { normalAddress } from '../addresses/address.ts'
import type { RelayClient } from '../clients/clients.ts'
import type { RelayDeps } from '../deps.ts'
import type { Link } from '../links/lit.ts'
import { wasUnlinked } from '../links/unlinked.ts'
import { invalidOrExpiredLink } from '../problems.ts'
import type { RelaySettings } from '../settings.ts'
import { type Call, callChatbot } from './call-chatbot.ts'
import type { LoginTokens } from './code-exchange.ts'
import { revokeOfflineToken } from './offline-token.ts'

interface Login {
  client: RelayClient
  link: Link
  tokens: LoginTokens
}

/**
 * Brings the chatbot its login. Whatever goes wrong, a time-out too, which the chatbot may have taken, the offline token is
 * revoked: no live token is left that nobody holds.
 * @throws Problem
 */
export async function bringLogin(deps: RelayDeps, login: Login, log: FastifyBaseLogger): Promise<void> {
  try {
    // The exchange took its time, in which the person may have left.
    await requireLinked(deps.store, login.link)
    await callChatbot(callOf(deps.settings, login), log)
    // So did the call, and the chatbot may have been told that they left before it took this.
    await requireLinked(deps.store, login.link)
    log.info({ client: login.client.key }, 'login brought')
  } catch (error) {
    await revokeOfflineToken(login.client, login.tokens.refresh_token, log)
    throw error
  }
}

async function requireLinked(store: Store, link: Link): Promise<void> {
  if (await wasUnlinked(store, link)) throw invalidOrExpiredLink()
}

function callOf({ callbackTimeoutSeconds }: RelaySettings, { client, link, tokens }: Login): Call {
  return {
    // As it stands in the list: what the link says may be spelt so that others read it otherwise.
    url: normalAddress(link.callback_url) ?? '',
    secret: client.hmacSecret,
    timeoutMs: callbackTimeoutSeconds * 1000,
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
}
