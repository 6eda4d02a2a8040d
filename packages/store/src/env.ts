import { Type } from 'typebox'

/** `REDIS_URL` of a service; `use` says what its store is for. */
export const storeEnv = (use: string) => ({
  REDIS_URL: Type.String({ pattern: '^rediss?://', description: `Redis, ${use}` }),
})
