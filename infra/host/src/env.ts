import { serverEnv } from '@munjigi/server/env'
import { Type } from 'typebox'

/** Of the host itself; each service in it reads its own, `<SERVICE>_<NAME>` before `<NAME>`. */
export const Env = Type.Object({
  ...serverEnv(4000),
  HOST_SERVICES: Type.String({ minLength: 1, description: 'services to serve in this process, comma-separated' }),
})
