import { createVerifier, type Verifier } from '@munjigi/identity/verifier'

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
