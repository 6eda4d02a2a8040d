import { KEY_SET_PATH } from '@munjigi/contracts/tokens'
import type { FastifyInstance } from 'fastify'
import type { SigningKeys } from './signing-keys.ts'

/** Shorter than a new key waits before it signs. */
const MAX_AGE_S = 300

/** The public keys of platform tokens (RFC 7517). */
export function keySetRoute(app: FastifyInstance, keys: SigningKeys): void {
  app.get(KEY_SET_PATH, async (_request, reply) => {
    const keySet = await keys.publicKeys()
    reply.header('cache-control', `public, max-age=${MAX_AGE_S}`)
    return keySet
  })
}
