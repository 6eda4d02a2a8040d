import { isAllowedCallback, redirectTarget } from '../addresses/return-to.ts'
import type { RelayClient } from '../clients/clients.ts'
import type { RelayDeps } from '../deps.ts'
import { callbackUrlNotAllowed, invalidOrExpiredLink, unknownClientKey } from '../problems.ts'
import type { Link } from './lit.ts'
import { spentLinks } from './spent-links.ts'
import { wasUnlinked } from './unlinked.ts'

/**
 * The client of a link that a login may still go by: clients.json may have changed since the link was given out.
 * @throws Problem 400
 */
export async function requireClient({ store, settings, clients }: RelayDeps, link: Link): Promise<RelayClient> {
  const client = clients.find(link.client_key)
  if (client === undefined) throw unknownClientKey()
  if (!isAllowedCallback(client, link.callback_url)) throw callbackUrlNotAllowed()
  redirectTarget(client, link.redirect_after)
  const [isSpent, isUnlinked] = await Promise.all([
    spentLinks(store, settings.stateTtlSeconds).isSpent(link.jti),
    wasUnlinked(store, link),
  ])
  if (isSpent || isUnlinked) throw invalidOrExpiredLink()
  return client
}
