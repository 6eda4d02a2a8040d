import { VerifierEnv } from '@munjigi/identity/service-verifier'
import { Type } from 'typebox'

export const Env = Type.Object({
  ...VerifierEnv.properties,
  DATABASE_URL: Type.String({
    pattern: '^postgres(ql)?://',
    description: 'the database, as a login whose only right is to take the role trace_serving',
  }),
  REDIS_URL: Type.String({ pattern: '^rediss?://', description: 'Redis, for announcements between processes' }),
  LOG_LEVEL: Type.Enum(['debug', 'info', 'warn', 'error', 'silent'], { default: 'info' }),
  PORT: Type.Integer({ minimum: 1, maximum: 65535, default: 4003 }),
})
