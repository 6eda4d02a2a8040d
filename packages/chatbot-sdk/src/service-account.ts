import { ProviderError } from '@munjigi/identity/openid-provider'
import { type Credential, createGateway } from './calls/gateway-fetch.ts'
import { loginMisconfigured, loginUnavailable } from './problems.ts'
import { createProvider, type ProviderSettings } from './provider.ts'
import { failureOf } from './renewal/refusal.ts'
import { claimsOf } from './token-claims.ts'

const EARLY_MS = 60_000

interface ServiceAccountOptions {
  /** The account's own client at the identity provider. */
  idp: ProviderSettings
  gatewayUrl: string
  /** PEM text of the authority that signed the gateway's certificate. */
  gatewayCa?: string
  /** Milliseconds; `Date.now` by default. */
  now?: () => number
}

export interface ServiceAccount {
  /**
   * Asks a module of the gateway as this account, or in the name of the person whose `sub` is `actFor` (DESIGN §4.6): the gateway
   * decides who may. Once more after a 401. Its answer is returned whatever its status.
   * @throws Problem 400 `path-refused`; 502 `login-misconfigured`; 503 `login-unavailable`, `gateway-unavailable`
   */
  fetch(service: string, path: string, init?: RequestInit & { actFor?: string }): Promise<Response>
  close(): Promise<void>
}

/** A program with an account of its own at the IdP (RFC 6749 §4.4), known by its real `sub`. */
export function createServiceAccount({
  idp,
  gatewayUrl,
  gatewayCa,
  now = Date.now,
}: ServiceAccountOptions): ServiceAccount {
  const provider = createProvider(idp)
  const gateway = createGateway({ gatewayUrl, ...(gatewayCa !== undefined && { gatewayCa }) })
  let own: (Credential & { until: number }) | undefined
  let asking: Promise<Credential> | undefined

  async function ask(): Promise<Credential> {
    const asked = now()
    const { access_token, expires_in = 0 } = await provider.clientToken().catch(asProblem)
    const sub = claimsOf(access_token)?.sub
    if (typeof sub !== 'string') throw loginMisconfigured(new Error('the token of the account names no sub'))
    own = { sub, access_token, until: asked + expires_in * 1000 - EARLY_MS }
    return own
  }

  async function credential(refused: string | undefined): Promise<Credential> {
    if (own !== undefined && own.until > now() && own.access_token !== refused) return own
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }

  return {
    async fetch(service, path, { actFor, ...init } = {}) {
      let used: string | undefined
      return gateway.fetch(service, path, init, async (wasRefused) => {
        const { sub, access_token } = await credential(wasRefused ? used : undefined)
        used = access_token
        return { sub: actFor ?? sub, access_token }
      })
    },
    close: gateway.close,
  }
}

function asProblem(error: unknown): never {
  if (!(error instanceof ProviderError)) throw error
  throw failureOf(error) === 'unavailable' ? loginUnavailable(error) : loginMisconfigured(error)
}
