import type { FastifyInstance } from 'fastify'
import { bearerOf, jsonOf } from '../asked.ts'
import { CREDENTIALS, isPerson } from '../credentials.ts'
import { guarded } from '../guarded.ts'
import type { KindParts } from '../kind.ts'
import { createTokens } from '../tokens.ts'
import { totpCodes } from '../totp-codes.ts'

/** JSON with a code of the moment in, a token out; a code that was accepted is not accepted again. */
export function totp(app: FastifyInstance, parts: KindParts): void {
  const { lifeSeconds, count } = parts
  const tokens = createTokens(parts)
  const codes = totpCodes(CREDENTIALS.totpSecret)

  app.post('/login', async (request, reply) => {
    const body = jsonOf(request)
    if (!isPerson(body.username, body.password) || !codes.take(body.otp)) {
      count('refusals')
      return reply.code(401).send({ error: 'invalid_credentials' })
    }
    count('logins')
    return { token: tokens.begin(body.username as string).access, expires_in: lifeSeconds }
  })

  guarded(app, parts, { userOf: (request) => tokens.userOf(bearerOf(request)), challenge: 'Bearer' })
}
