import { KEY_SET_PATH } from '@munjigi/contracts/tokens'
import { type Static, Type } from 'typebox'
import { type Issuer, platformIssuer, type TrustedIssuer } from './issuers.ts'
import { readIssuersFile } from './issuers-file.ts'
import { createVerifier, type Verifier } from './verifier.ts'

/** What a service must be told to verify tokens itself; part of its environment's schema (DESIGN §4.3, §4.6). */
export const VerifierEnv = Type.Object({
  PLATFORM_ISSUER: Type.String({
    pattern: '^https?://',
    description: "claim iss of platform tokens: the gateway's public URL",
  }),
  PLATFORM_AUDIENCE: Type.String({ default: 'munjigi', description: 'claim aud of platform tokens' }),
  USER_URL: Type.String({ pattern: '^https?://', description: 'where the user service answers, for its keys' }),
  ISSUERS_FILE: Type.Optional(
    Type.String({ description: 'a services.yaml whose issuers are trusted besides our own' }),
  ),
})
export type VerifierEnv = Static<typeof VerifierEnv>

interface Trusted {
  /** Claims `iss` and `aud` of platform tokens. */
  issuer: string
  audience: string
  /** Where the user service answers: its keys are read there, not at its issuer. */
  userUrl: string
  others: readonly Issuer[]
}

/** Whose tokens a service takes: our own user service's, and those of the further issuers. */
export const serviceIssuers = ({ issuer, audience, userUrl, others }: Trusted): TrustedIssuer[] => [
  platformIssuer({ issuer, audience, jwksUri: new URL(KEY_SET_PATH, userUrl).href }),
  ...others,
]

/**
 * The verifier of a service, as the environment says it, with the further issuers of `ISSUERS_FILE`.
 * @throws Error naming every fault of that file.
 */
export const verifierFromEnv = (env: VerifierEnv): Verifier =>
  createVerifier({
    issuers: serviceIssuers({
      issuer: env.PLATFORM_ISSUER,
      audience: env.PLATFORM_AUDIENCE,
      userUrl: env.USER_URL,
      others: env.ISSUERS_FILE === undefined ? [] : readIssuersFile(env.ISSUERS_FILE),
    }),
  })
