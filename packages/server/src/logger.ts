import type { FastifyBaseLogger } from 'fastify'
import pino from 'pino'
import { type Static, Type } from 'typebox'

/** The lowest level that is written. */
export const LogLevel = Type.Enum(['debug', 'info', 'warn', 'error', 'silent'], { default: 'info' })
export type LogLevel = Static<typeof LogLevel>

const SECRET_NAMES = [
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'x-internal-key',
  'x-kakao-skill-secret',
  'x-relay-signature',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'subject_token',
  'actor_token',
  'code',
  'code_verifier',
  'password',
  'current_password',
  'new_password',
  'reset_url',
  'secret',
  'client_secret',
  'api_key',
  'private_key',
  'assertion',
  'client_assertion',
].join('|')

// In a finished line only a property's name stands between `"` and `":`, as quotation marks within a text are escaped.
const SECRET = new RegExp(`"(?:${SECRET_NAMES})":`, 'i')
const SECRET_KEY = new RegExp(`^(?:${SECRET_NAMES})$`, 'i')

/** A pino logger that writes `[redacted]` for what has a secret name, at any depth and in any case of letters. */
export function createLogger(name: string, level: LogLevel, destination?: pino.DestinationStream): FastifyBaseLogger {
  const options = { name, level, hooks: { streamWrite: redacted } }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/**
 * Searches the finished text, since hardly any line has a secret name: walking the logged object, or redacting by path, costs
 * many times as much.
 */
function redacted(line: string): string {
  if (!SECRET.test(line)) return line
  const clean = (key: string, value: unknown) => (SECRET_KEY.test(key) ? '[redacted]' : value)
  try {
    return `${JSON.stringify(JSON.parse(line, clean))}\n`
  } catch {
    // Deeper than can be walked, though not than can be written.
    return `${JSON.stringify({ level: 50, time: Date.now(), msg: 'a line with a secret was left out' })}\n`
  }
}
