import { type OpenIdProvider, openIdProvider, originAt } from '@munjigi/identity/openid-provider'
import * as client from 'openid-client'

const ANSWER_LIMIT_S = 5
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

export interface ProviderSettings {
  issuer: string
  clientId: string
  clientSecret: string
  /** The origin under which this server reaches `issuer`, where it is another. */
  backchannelUrl?: string
}

/** Lifetimes in seconds. Without a new refresh token the old one goes on (RFC 6749 §6). */
export interface RefreshAnswer {
  access_token: string
  expires_in: number | undefined
  refresh_token: string | undefined
  refresh_expires_in: number
}

/** Whom a token is for; with the scope `openid` the IdP's userinfo takes it too (KEYCLOAK.md §6). */
export interface ExchangeTarget {
  audience: string
  scope?: string
}

type AccessAnswer = Pick<RefreshAnswer, 'access_token' | 'expires_in'>

/** What a chatbot asks of its identity provider. Each question takes 5 s at most. @throws ProviderError */
export interface Provider {
  refresh(refreshToken: string): Promise<RefreshAnswer>
  /** An access token for one audience (RFC 8693). */
  exchange(accessToken: string, target: ExchangeTarget): Promise<AccessAnswer>
  /** Ends the login of a refresh token (RFC 7009). */
  revoke(refreshToken: string): Promise<void>
  /** The client's own access token. */
  clientToken(): Promise<AccessAnswer>
  loadKeys(): Promise<{ keys: object[] }>
}

export function createProvider({ backchannelUrl, ...settings }: ProviderSettings): Provider {
  const provider = openIdProvider({
    ...settings,
    ...(backchannelUrl !== undefined && { reachedAt: originAt(settings.issuer, backchannelUrl) }),
    timeoutS: ANSWER_LIMIT_S,
    execute: [withoutIdTokens],
  })
  return {
    refresh: (refreshToken) =>
      provider.use(async (configuration) => {
        const answer = await client.refreshTokenGrant(configuration, refreshToken)
        const { refresh_expires_in } = answer
        return {
          access_token: answer.access_token,
          expires_in: answer.expires_in,
          refresh_token: answer.refresh_token,
          refresh_expires_in: typeof refresh_expires_in === 'number' ? refresh_expires_in : 0,
        }
      }),
    exchange: (accessToken, target) =>
      provider.use((configuration) =>
        client.genericGrantRequest(configuration, TOKEN_EXCHANGE, {
          subject_token: accessToken,
          subject_token_type: ACCESS_TOKEN,
          requested_token_type: ACCESS_TOKEN,
          ...target,
        }),
      ) as Promise<AccessAnswer>,
    revoke: (refreshToken) =>
      provider.use((configuration) =>
        client.tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' }),
      ),
    clientToken: () =>
      provider.use((configuration) => client.clientCredentialsGrant(configuration)) as Promise<AccessAnswer>,
    loadKeys: () => loadKeys(provider),
  }
}

const loadKeys = (provider: OpenIdProvider) =>
  provider.use(async (configuration) => {
    const ask = fetchOf(configuration)
    const { jwks_uri } = configuration.serverMetadata()
    const answer = await ask(jwks_uri as string, {
      method: 'GET',
      headers: {},
      body: undefined,
      redirect: 'manual',
    })
    return (await answer.json()) as { keys: object[] }
  })

const fetchOf = (configuration: client.Configuration) => configuration[client.customFetch] as client.CustomFetch

/**
 * The library would judge an id_token that nobody here reads, by a clock that may be wrong, and throw away the answer: with it
 * the only copy of a refresh token that has taken another's place.
 */
function withoutIdTokens(configuration: client.Configuration): void {
  const ask = fetchOf(configuration)
  configuration[client.customFetch] = async (url, init) => {
    const answer = await ask(url, init)
    const body: unknown = await answer
      .clone()
      .json()
      .catch(() => undefined)
    if (typeof body !== 'object' || body === null || !('id_token' in body)) return answer
    return Response.json({ ...body, id_token: undefined })
  }
}
