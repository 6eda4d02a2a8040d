import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Administration } from '@munjigi/dev-idp/administration'
import { startDevIdp } from '@munjigi/dev-idp/dev-idp'
import { idpBrowser, type SignInResult } from '@munjigi/dev-idp/idp-browser'
import { findClient, readRealm } from '@munjigi/dev-idp/realm'
import { keycloakAdministration } from './keycloak-administration.ts'

const REALM_FILE = fileURLToPath(new URL('../../../infra/keycloak/munjigi-realm.json', import.meta.url))
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

/**
 * The realm of development on dev-idp or on a real Keycloak, which test files share:
 * change only people that you added yourself, under names of your own.
 * `rotateKeys` is felt by all who use that Keycloak: a cached key set may refuse tokens until it may be read again.
 */
export interface Provider extends Administration {
  issuer: string
  clients: Record<ClientName, { id: string; secret: string }>
  /** Signs in by a new browser; `idpBrowser` gives one that stays. */
  signIn(username: string, password: string, authorizationUrl: string): Promise<SignInResult>
  /** Signs a person of the realm file, or another by password, in at `kakao-bot`. */
  tokensOf(username: string, options?: { scope?: string; password?: string }): Promise<TokenAnswer>
  /** A client's own access token. */
  clientToken(client: ClientName): Promise<string>
  close(): Promise<void>
}

/** Starts dev-idp, or uses the Keycloak that `MUNJIGI_TEST_KEYCLOAK_URL` names, with the realm imported. */
export async function testProvider(): Promise<Provider> {
  const { MUNJIGI_TEST_KEYCLOAK_URL, MUNJIGI_TEST_KEYCLOAK_ADMIN, MUNJIGI_TEST_KEYCLOAK_PASSWORD } = process.env
  const realm = readRealm(REALM_FILE)
  const idp = MUNJIGI_TEST_KEYCLOAK_URL
    ? {
        issuer: `${MUNJIGI_TEST_KEYCLOAK_URL}/realms/${realm.realm}`,
        ...keycloakAdministration({
          url: MUNJIGI_TEST_KEYCLOAK_URL,
          realm: realm.realm,
          admin: MUNJIGI_TEST_KEYCLOAK_ADMIN ?? '',
          password: MUNJIGI_TEST_KEYCLOAK_PASSWORD ?? '',
        }),
      }
    : await startDevIdp({ realmFile: REALM_FILE, port: 0 })

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
    signIn: (username, password, url) => idpBrowser().signIn(username, password, url),
    async tokensOf(username, { scope = 'openid', password = SEEDED_PASSWORD } = {}) {
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
      const { fields } = await idpBrowser().signIn(username, password, url.href)
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
