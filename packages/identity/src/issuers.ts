import { type Static, Type } from 'typebox'

export const Algorithm = Type.Enum(['RS256', 'PS256', 'ES256', 'EdDSA'])
export type Algorithm = Static<typeof Algorithm>

/** One further issuer whose tokens are accepted: an item of `issuers` in services.yaml (DESIGN §5). */
export const Issuer = Type.Object(
  {
    issuer: Type.String({ pattern: '^https?://', description: 'the claim iss, letter by letter' }),
    jwks_uri: Type.Optional(Type.String({ pattern: '^https?://', description: 'its keys; else found by discovery' })),
    algorithms: Type.Array(Algorithm, { minItems: 1, default: ['RS256'] }),
    audiences: Type.Optional(Type.Array(Type.String(), { description: 'one of these must stand in aud, or' })),
    authorized_parties: Type.Optional(Type.Array(Type.String(), { description: 'one of these must be azp' })),
    token_type: Type.Optional(Type.String({ description: 'claim typ; default: header at+jwt or claim Bearer' })),
    name: Type.Optional(Type.String({ pattern: '^[a-z0-9-]+$', description: 'prefix of its subjects' })),
    people: Type.Enum(['own', 'shared'], { default: 'own' }),
    unknown_people: Type.Enum(['refuse', 'allow'], { default: 'refuse' }),
    act_for_users: Type.Optional(
      Type.Record(Type.String(), Type.Object({ modules: Type.Array(Type.String(), { minItems: 1 }) })),
    ),
  },
  { additionalProperties: false },
)
export type Issuer = Static<typeof Issuer>

/** An issuer as the verifier takes it; `isPlatform` marks our own user service. */
export type TrustedIssuer = Issuer & {
  readonly isPlatform?: boolean
  /** Where the keys lie in this very process: read instead of `jwks_uri`. */
  readonly loadKeys?: () => Promise<{ keys: object[] }>
}

/** Our own user service as an issuer: RS256, `typ: at+jwt`, its people are ours. */
export const platformIssuer = (platform: { issuer: string; audience: string; jwksUri: string }): TrustedIssuer => ({
  issuer: platform.issuer,
  jwks_uri: platform.jwksUri,
  algorithms: ['RS256'],
  audiences: [platform.audience],
  people: 'shared',
  unknown_people: 'refuse',
  isPlatform: true,
})
