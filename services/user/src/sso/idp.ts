export interface Login {
  state: string
  nonce: string
}

/** What the browser brings back by form_post. */
export interface SignInAnswer {
  state: string
  code: string
  id_token: string
}

type Roles = { roles: string[] }

/** Who signed in, as the IdP vouches for it. */
export interface SignedIn {
  issuer: string
  sub: string
  claims: Record<string, unknown>
  /** Keycloak's roles at this login; null from an IdP that tells none. */
  realm_access: Roles | null
  resource_access: Record<string, Roles> | null
  /** Kept for the IdP's sign-out, where it takes one. */
  id_token: string | null
}

/** The company's sign-in service, however it is known. */
export interface Idp {
  /** True where its `sub` is the platform's too (DESIGN §8). */
  readonly namesPeople: boolean
  authorizationUrl(login: Login): Promise<URL>
  /** @throws Problem `sso-answer-invalid`, `sso-unavailable` or `sso-provider-error`. */
  finish(answer: SignInAnswer, login: Login): Promise<SignedIn>
  /** Where the browser signs out of the IdP itself; undefined where it has no such page. */
  signOutUrl(idToken: string | undefined, returnTo: string): Promise<URL | undefined>
}

export const SCOPE = 'openid profile email'
