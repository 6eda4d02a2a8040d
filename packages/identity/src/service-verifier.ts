import { type Static, Type } from 'typebox'
import { platformIssuer } from './issuers.ts'
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

/**
 * The verifier of a service: our own user service, and the further issuers of `ISSUERS_FILE`.
 * @throws Error naming every fault of that file.
 */
export function verifierFromEnv(env: VerifierEnv): Verifier {
  const platform = platformIssuer({
    issuer: env.PLATFORM_ISSUER,
    audience: env.PLATFORM_AUDIENCE,
    jwksUri: new URL('/.well-known/jwks.json', env.USER_URL).href,
  })
  const others = env.ISSUERS_FILE === undefined ? [] : readIssuersFile(env.ISSUERS_FILE)
  return createVerifier({ issuers: [platform, ...others.map((issuer) => ({ ...issuer, isPlatform: false }))] })
}
