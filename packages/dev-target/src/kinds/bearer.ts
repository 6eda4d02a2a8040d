import type { FastifyInstance } from 'fastify'
import { bearerOf, jsonOf } from '../asked.ts'
import { isPerson } from '../credentials.ts'
import { guarded } from '../guarded.ts'
import type { KindParts } from '../kind.ts'
import { createTokens, type Issued } from '../tokens.ts'

/** JSON in, an access and a refresh token in JSON out. */
export function bearer(app: FastifyInstance, parts: KindParts): void {
  const { lifeSeconds, count } = parts
  const tokens = createTokens(parts)
  const answer = ({ access, refresh }: Issued) => ({
    data: { access_token: access, refresh_token: refresh },
    expires_in: lifeSeconds,
  })

  app.post('/login', async (request, reply) => {
    const body = jsonOf(request)
    if (!isPerson(body.username, body.password)) {
      count('refusals')
      return reply.code(401).send({ error: 'invalid_credentials' })
    }
    count('logins')
    return answer(tokens.begin(body.username as string))
  })

  app.post('/refresh', async (request, reply) => {
    const body = jsonOf(request)
    const issued = tokens.renew(String(body.refresh_token))
    count(issued === undefined ? 'refusals' : 'renewals')
    return issued === undefined ? reply.code(401).send({ error: 'invalid_refresh_token' }) : answer(issued)
  })

  guarded(app, parts, { userOf: (request) => tokens.userOf(bearerOf(request)), challenge: 'Bearer' })
}
