import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { RelayCallback } from '@munjigi/contracts/relay'
import { isSignedPayload } from '@munjigi/sealing/signature'
import { Check } from 'typebox/value'
import type { Sent } from './wire.ts'

/** What the relay brought the chatbot. @throws Error unless it is the ten fields, signed with that key */
export function readDelivery({ body, headers }: Sent, relayKey: string): RelayCallback {
  const brought: unknown = JSON.parse(body)
  if (!Check(RelayCallback, brought)) throw new Error('the relay brought something else than its ten fields')
  if (!isSignedPayload(relayKey, brought, headers[X_RELAY_SIGNATURE])) throw new Error('the signature is another’s')
  return brought
}

/** Every field and the signature, as they may be shown: nobody can act by it. */
export function shownDelivery(brought: RelayCallback, { headers }: Sent): string {
  const { relay_access_token, offline_refresh_token } = brought
  const tokens = {
    relay_access_token: masked(relay_access_token),
    offline_refresh_token: masked(offline_refresh_token),
  }
  const fields = Object.entries({ ...brought, ...tokens }).map(([name, value]) => `${name}=${value}`)
  return `${fields.join(' ')}; X-Relay-Signature ${headers[X_RELAY_SIGNATURE]?.slice(0, 12)}…`
}

/** Its two ends and its length. */
export const masked = (token: string): string => `${token.slice(0, 6)}…${token.slice(-4)} (${token.length})`
