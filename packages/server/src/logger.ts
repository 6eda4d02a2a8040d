import type { FastifyBaseLogger } from 'fastify'
import pino from 'pino'
import { type Static, Type } from 'typebox'

/** From which level on lines are written. */
export const LogLevel = Type.Enum(['debug', 'info', 'warn', 'error', 'silent'], { default: 'info' })
export type LogLevel = Static<typeof LogLevel>

const SECRET_KEYS = [
  'authorization',
  'cookie',
  'set-cookie',
  'x-internal-key',
  'x-relay-signature',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'code',
  'password',
  'secret',
  'client_secret',
  'api_key',
  'assertion',
] as const

const redactPaths = SECRET_KEYS.flatMap((key) => [`["${key}"]`, `*["${key}"]`, `*.*["${key}"]`])

/** A pino logger whose redaction list covers every secret name at the first three depths. */
export function createLogger(name: string, level: LogLevel, destination?: pino.DestinationStream): FastifyBaseLogger {
  const options = { name, level, redact: { paths: redactPaths, censor: '[redacted]' } }
  return destination === undefined ? pino(options) : pino(options, destination)
}
