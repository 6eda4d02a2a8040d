import Provider, { type Configuration, errors, interactionPolicy } from 'oidc-provider'
import { PATHS } from '../discovery.ts'
import type { Idp } from '../idp.ts'
import { type Client, findClient } from '../realm.ts'
import { postLogoutUriAllowed, redirectUriAllowed } from '../redirect-uris.ts'
import { resolveScopes } from '../scopes.ts'
import { adapterOn } from './adapter.ts'
import { replaceIdTokens } from './front-channel-token.ts'
import { htmlHeaders, page, pickLocale } from './pages.ts'
import { SESSION_COOKIE, sidOf } from './sessions.ts'

const INTERACTION_SECONDS = 1800

/** oidc-provider as the authorisation endpoint, its answers made Keycloak's; tokens are made elsewhere. */
export function authorizationProvider(idp: Idp): Provider {
  const provider = new Provider(idp.issuer, configuration(idp))
  const realmClient = (id: string) => findClient(idp.realm, id) as Client

  // Keycloak's patterns, which oidc-provider's exact comparison does not know.
  provider.Client.prototype.redirectUriAllowed = function (uri: string) {
    return redirectUriAllowed(realmClient(this.clientId), uri)
  }
  provider.Client.prototype.postLogoutRedirectUriAllowed = function (uri: string) {
    return postLogoutUriAllowed(realmClient(this.clientId), uri)
  }
  replaceIdTokens(provider, idp)

  provider.on('authorization.success', (ctx, out = {}) => {
    const { session, params } = ctx.oidc
    Object.assign(out, { iss: idp.issuer, session_state: sidOf(session?.uid ?? '') })
    // Keycloak keeps no browser session for an offline login that began without one.
    const isOffline = String(params?.scope).split(' ').includes('offline_access')
    if (
      isOffline &&
      session !== undefined &&
      ctx.oidc.result?.login &&
      !ctx.oidc.entities.Interaction?.session?.accountId
    )
      Object.assign(session, { destroyed: true })
  })
  return provider
}

function configuration(idp: Idp): Configuration {
  const { realm, keys, people, issuer } = idp
  const path = `${new URL(issuer).pathname}/`
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true } as const
  return {
    adapter: adapterOn(idp),
    clients: realm.clients
      .filter(({ enabled, standardFlowEnabled }) => enabled && standardFlowEnabled)
      .map(clientMetadata),
    cookies: {
      keys: [keys.cookieSecret],
      names: { session: SESSION_COOKIE, interaction: 'idp-interaction', resume: 'idp-resume' },
      long: { ...cookie, path },
      short: cookie,
    },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } },
    findAccount: (_, id) => {
      const person = people.findById(id)
      return person?.enabled ? { accountId: id, claims: () => ({ sub: id }) } : undefined
    },
    interactions: { url: () => `${issuer}/login-actions/authenticate`, policy: policy(idp) },
    jwks: { keys: [keys.current().privateKey.export({ format: 'jwk' }) as never] },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        accountId: ctx.oidc.session?.accountId as string,
        clientId: ctx.oidc.client?.clientId as string,
      })
      grant.addOIDCScope(String(ctx.oidc.params?.scope ?? ''))
      await grant.save()
      return grant
    },
    pkce: { required: (_, client) => realmAttribute(idp, client.clientId, 'pkce.code.challenge.method') === 'S256' },
    renderError: (ctx) => {
      ctx.set(htmlHeaders)
      ctx.body = page(pickLocale(ctx.get('accept-language'), realm.defaultLocale), 'requestRefused')
    },
    responseTypes: ['code', 'id_token', 'code id_token'],
    routes: {
      authorization: new URL(issuer).pathname + PATHS.authorization,
      end_session: new URL(issuer).pathname + PATHS.logout,
    },
    scopes: ['openid', ...new Set(realm.clients.flatMap((c) => [...c.defaultClientScopes, ...c.optionalClientScopes]))],
    ttl: {
      AuthorizationCode: realm.accessCodeLifespan,
      Grant: realm.accessCodeLifespan,
      Interaction: INTERACTION_SECONDS,
      Session: realm.ssoSessionIdleTimeout,
    },
  }
}

const realmAttribute = ({ realm }: Idp, clientId: string, name: string) => findClient(realm, clientId)?.attributes[name]

const clientMetadata = (client: Client) =>
  ({
    client_id: client.clientId,
    // Never compared: `redirectUriAllowed` decides by the realm's patterns.
    redirect_uris: [`https://${client.clientId}.invalid/`],
    response_types: client.implicitFlowEnabled ? ['code', 'id_token', 'code id_token'] : ['code'],
    grant_types: ['authorization_code', 'refresh_token', ...(client.implicitFlowEnabled ? ['implicit'] : [])],
    // Clients prove themselves at the token endpoint, which is not oidc-provider's.
    token_endpoint_auth_method: 'none' as const,
  }) as never

/** Nobody is asked for consent; scopes a client may not have are refused before anybody signs in. */
function policy({ realm }: Idp) {
  const prompts = interactionPolicy.base()
  prompts.get('consent')?.checks.clear()
  prompts.get('login')?.checks.add(
    new interactionPolicy.Check('scopes', 'the client may not have a scope', ({ oidc, query }) => {
      // oidc-provider has dropped from its own parameters what it does not know.
      const asked = String(query.scope ?? oidc.params?.scope ?? '')
      const client = findClient(realm, String(oidc.client?.clientId))
      if (client === undefined || resolveScopes(client, asked) === undefined)
        throw new errors.InvalidScope(`Invalid scopes: ${asked}`, undefined as unknown as string)
      return interactionPolicy.Check.NO_NEED_TO_PROMPT
    }),
    0,
  )
  return prompts
}

/** oidc-provider drops `offline_access` unless consent is asked for, which it then is, without a page. */
export function askConsentForOffline(path: string): string {
  const url = new URL(path, 'http://localhost')
  const prompts = url.searchParams.getAll('prompt')
  const scopes = url.searchParams.get('scope')?.split(' ') ?? []
  if (!scopes.includes('offline_access') || prompts.length > 1 || prompts[0]?.includes('none')) return path
  url.searchParams.set('prompt', [...new Set([...(prompts[0]?.split(' ') ?? []), 'consent'])].join(' '))
  return url.pathname + url.search
}
