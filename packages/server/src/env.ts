import { Type } from 'typebox'
import { LogLevel } from './logger.ts'

/** What every server of ours is told: `LOG_LEVEL`, and `PORT`, which is `port` unless said otherwise. */
export const serverEnv = (port: number) => ({
  LOG_LEVEL: LogLevel,
  PORT: Type.Integer({ default: port, minimum: 0, maximum: 65_535 }),
})
