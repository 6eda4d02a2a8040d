import { databaseEnv } from '@munjigi/db/env'
import { Secret } from '@munjigi/env'
import { VerifierEnv } from '@munjigi/identity/service-verifier'
import { serverEnv } from '@munjigi/server/env'
import { storeEnv } from '@munjigi/store/env'
import { type Static, Type } from 'typebox'
import { SERVING_ROLE } from './migrations/plan.ts'

/** What the service is like, wherever it runs. */
export const SettingsEnv = Type.Object({
  SESSION_STATION_ENCRYPTION_KEY: Secret('keys of 32 bytes in URL-safe base64, comma-separated, the first seals'),
  EGRESS_ALLOW: Type.String({
    default: '',
    description: 'addresses or ranges that may be called besides public ones, comma-separated, each optionally :port',
  }),
  EGRESS_NAME_SERVERS: Type.String({
    default: '',
    description: "name servers (address or address:port) for outside hosts, comma-separated; empty: the system's",
  }),
})
export type SettingsEnv = Static<typeof SettingsEnv>

/** What `rotate-keys` needs. */
export const RotationEnv = Type.Object({ ...SettingsEnv.properties, ...databaseEnv(SERVING_ROLE) })

/** What a process of its own needs. */
export const Env = Type.Object({
  ...SettingsEnv.properties,
  ...VerifierEnv.properties,
  ...serverEnv(4006),
  ...databaseEnv(SERVING_ROLE),
  ...storeEnv('shared by the processes of this service'),
})
