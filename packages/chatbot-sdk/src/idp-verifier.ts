import { createVerifier, type Verifier } from '@munjigi/identity/verifier'
import { Problem } from '@munjigi/problem'

/** The relay gives a call-back 8 s: a chatbot that has just started need not send it away for the keys it is waiting for. */
const PATIENCE_MS = 3_000

interface IdpVerification {
  issuer: string
  clientId: string
  /** The issuer's key set (RFC 7517). */
  loadKeys: () => Promise<{ keys: object[] }>
  /** Milliseconds. */
  now: () => number
}

/** Verifies Keycloak's access tokens for this client, and whatever else that issuer signs. */
export const idpVerifier = ({ issuer, clientId, loadKeys, now }: IdpVerification): Verifier =>
  createVerifier({
    issuers: [
      {
        issuer,
        loadKeys,
        algorithms: ['RS256'],
        authorized_parties: [clientId],
        token_type: 'Bearer',
        people: 'shared',
        unknown_people: 'allow',
      },
    ],
    clock: now,
    patienceMs: PATIENCE_MS,
  })

/** Behind a verification: its 401 becomes the `refusal` that says why the token does not hold. */
export const refusedAs =
  (refusal: (why: string) => Problem) =>
  (error: unknown): never => {
    if (error instanceof Problem && error.status === 401) throw refusal(String(error.extensions.reason ?? error.detail))
    throw error
  }
