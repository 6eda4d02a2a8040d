import { databaseEnv } from '@munjigi/db/env'
import { VerifierEnv } from '@munjigi/identity/service-verifier'
import { serverEnv } from '@munjigi/server/env'
import { storeEnv } from '@munjigi/store/env'
import { Type } from 'typebox'
import { SERVING_ROLE } from './migrations/plan.ts'

export const Env = Type.Object({
  ...serverEnv(4003),
  ...VerifierEnv.properties,
  ...databaseEnv(SERVING_ROLE),
  ...storeEnv('for announcements between processes'),
})
