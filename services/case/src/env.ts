import { databaseEnv } from '@munjigi/db/env'
import { Secret } from '@munjigi/env'
import { VerifierEnv } from '@munjigi/identity/service-verifier'
import { serverEnv } from '@munjigi/server/env'
import { storeEnv } from '@munjigi/store/env'
import { Type } from 'typebox'
import { SERVING_ROLE } from './migrations/plan.ts'

export const Env = Type.Object({
  ...serverEnv(4007),
  ...VerifierEnv.properties,
  ...databaseEnv(SERVING_ROLE),
  ...storeEnv('where user announces whose rights changed'),
  INTERNAL_KEY: Secret("our key for user's internal routes, which INTERNAL_KEYS lists there as case:<key>"),
})
