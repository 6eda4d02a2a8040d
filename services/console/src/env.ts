import { serverEnv } from '@munjigi/server/env'
import { Type } from 'typebox'

export const Env = Type.Object({
  ...serverEnv(9060),
  GATEWAY_URL: Type.String({
    pattern: '^https?://',
    description: 'the gateway as this server reaches it, for /api and /ws',
  }),
  GATEWAY_CA_FILE: Type.Optional(
    Type.String({ minLength: 1, description: "PEM file that signed the gateway's certificate, if no public one did" }),
  ),
  PLATFORM_ISSUER: Type.String({
    pattern: '^https?://',
    description: 'the gateway as browsers reach it; sign-in begins there',
  }),
  TLS_KEY_FILE: Type.Optional(
    Type.String({ minLength: 1, description: 'PEM key; with TLS_CERT_FILE the console serves https' }),
  ),
  TLS_CERT_FILE: Type.Optional(Type.String({ minLength: 1, description: 'PEM certificate chain' })),
})
