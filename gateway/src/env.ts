import { Secret } from '@munjigi/env'
import { serverEnv } from '@munjigi/server/env'
import { type Static, Type } from 'typebox'

const File = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

export const Env = Type.Object({
  ...serverEnv(9050),
  METRICS_PORT: Type.Integer({ default: 9051, minimum: 0, maximum: 65_535 }),
  HOST: Type.String({ default: '0.0.0.0', description: 'address to listen on' }),
  SERVICES_CONFIG_FILE: File('path of services.yaml'),
  APP_SITE: Type.Optional(Type.Enum(['local', 'docker'], { description: 'which of the three services files' })),
  PLATFORM_ISSUER: Type.String({
    pattern: '^https?://',
    description: "the gateway's public address, iss of our tokens",
  }),
  PLATFORM_AUDIENCE: Type.String({ default: 'munjigi' }),
  INTERNAL_KEY: Secret("our key for user's internal routes, as listed there in INTERNAL_KEYS"),
  REDIS_URL: Type.Optional(
    Type.String({ pattern: '^rediss?://', description: 'where user announces changes; without it they take 5 s' }),
  ),
  GATEWAY_TLS_CERT_FILE: File('certificate chain (PEM); without it plain http is served'),
  GATEWAY_TLS_KEY_FILE: File('its private key (PEM)'),
})
export type Env = Static<typeof Env>
