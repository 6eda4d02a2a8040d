import { createHash, randomBytes } from 'node:crypto'
import type { Administration } from '@munjigi/dev-idp/administration'
import { type IdpBrowser, idpBrowser, type SignInResult } from '@munjigi/dev-idp/idp-browser'
import { findClient, readRealm } from '@munjigi/dev-idp/realm'
import { ownRealm, type RealmSettings } from './own-realm.ts'
import { REALM_FILE, serveRealm } from './provider-realm.ts'

const REDIRECT_URI = 'http://localhost/callback'

/** The password of everybody in the realm file. */
export const SEEDED_PASSWORD = 'munjigi-dev'

type ClientName = 'sso' | 'kakao-bot' | 'meal-service' | 'notice-service' | 'web'

/** The token endpoint's answer. */
export interface TokenAnswer {
  access_token: string
  refresh_token: string
  id_token: string
  expires_in: number
  refresh_expires_in: number
  scope: string
  session_state: string
}

interface SignInOptions {
  /** `openid offline_access` for an offline login; default `openid`. */
  scope?: string
  /** Default: that of everybody in the realm file. */
  password?: string
  /** Default: a new one. */
  browser?: IdpBrowser
}

interface ProviderOptions {
  /** Asks for a realm of one's own, as the realm file but for these; people's ids in it are new. */
  realm?: Partial<RealmSettings>
  /** Asks for a realm of one's own, in whose file these replace `${NAME}`. */
  realmVariables?: Record<string, string>
}

/**
 * An identity provider: dev-idp or a real Keycloak. Without a realm of one's own it is the realm of development, which test
 * files share: change only people that you added yourself, under names of your own. There `rotateKeys` is felt by all who use
 * that Keycloak (a cached key set may refuse tokens until it may be read again), and `endEarlierTokens` throws.
 */
export interface Provider extends Administration {
  issuer: string
  clients: Record<ClientName, { id: string; secret: string }>
  /** Signs in by a new browser; `idpBrowser` gives one that stays. */
  signIn(username: string, password: string, authorizationUrl: string): Promise<SignInResult>
  /** Signs a person of the realm file, or another by password, in at `kakao-bot`. */
  tokensOf(username: string, options?: SignInOptions): Promise<TokenAnswer>
  /** A client's own access token. */
  clientToken(client: ClientName): Promise<string>
  close(): Promise<void>
}

/** Starts dev-idp, or uses the Keycloak that `MUNJIGI_TEST_KEYCLOAK_URL` names, with the realm imported. */
export async function testProvider(options: ProviderOptions = {}): Promise<Provider> {
  const { realm: settings = {}, realmVariables = {} } = options
  const isOwn = options.realm !== undefined || options.realmVariables !== undefined
  const realm = readRealm(REALM_FILE, realmVariables)
  const idp = await serveRealm(isOwn ? ownRealm(REALM_FILE, settings, realmVariables) : undefined)

  const client = (id: ClientName) => ({ id, secret: findClient(realm, id)?.secret ?? '' })
  const clients = {
    sso: client('sso'),
    'kakao-bot': client('kakao-bot'),
    'meal-service': client('meal-service'),
    'notice-service': client('notice-service'),
    web: client('web'),
  }
  const requestTokens = async (name: ClientName, form: Record<string, string>): Promise<TokenAnswer> => {
    const response = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...form, client_id: name, client_secret: clients[name].secret }),
    })
    if (!response.ok) throw new Error(`no tokens, ${response.status}: ${await response.text()}`)
    return (await response.json()) as TokenAnswer
  }

  return {
    ...idp,
    clients,
    endEarlierTokens: isOwn ? idp.endEarlierTokens : () => Promise.reject(new Error('others use this realm too')),
    signIn: (username, password, url) => idpBrowser().signIn(username, password, url),
    async tokensOf(username, { scope = 'openid', password = SEEDED_PASSWORD, browser = idpBrowser() } = {}) {
      const verifier = randomBytes(32).toString('base64url')
      const url = new URL(`${idp.issuer}/protocol/openid-connect/auth`)
      url.search = new URLSearchParams({
        client_id: 'kakao-bot',
        response_type: 'code',
        redirect_uri: REDIRECT_URI,
        scope,
        code_challenge_method: 'S256',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      }).toString()
      const { fields } = await browser.signIn(username, password, url.href)
      return requestTokens('kakao-bot', {
        grant_type: 'authorization_code',
        code: fields.code ?? '',
        redirect_uri: REDIRECT_URI,
        code_verifier: verifier,
      })
    },
    clientToken: async (name) => (await requestTokens(name, { grant_type: 'client_credentials' })).access_token,
  }
}
