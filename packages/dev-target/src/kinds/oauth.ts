import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { basicOf, bearerOf, formOf } from '../asked.ts'
import { isClient, isPerson } from '../credentials.ts'
import { guarded } from '../guarded.ts'
import type { KindParts } from '../kind.ts'
import { createTokens, type Issued } from '../tokens.ts'

/** RFC 6749 §4.3, §4.4 and §6: tokens for a client, or for a person by their password, renewed by rotation. */
export function oauth(app: FastifyInstance, parts: KindParts): void {
  const { lifeSeconds, count } = parts
  const tokens = createTokens(parts)
  const answer = ({ access, refresh }: Issued, isRenewable: boolean) => ({
    access_token: access,
    token_type: 'Bearer',
    expires_in: lifeSeconds,
    ...(isRenewable && { refresh_token: refresh }),
  })
  const refuse = (reply: FastifyReply, error: string, status = 400) => {
    count('refusals')
    return reply.code(status).send({ error, error_description: `${error} (RFC 6749 §5.2)` })
  }

  const grants: Record<string, (fields: URLSearchParams, reply: FastifyReply) => unknown> = {
    client_credentials(fields) {
      count('logins')
      return answer(tokens.begin(fields.get('client_id') ?? ''), false)
    },
    password(fields, reply) {
      const username = fields.get('username')
      if (!isPerson(username, fields.get('password'))) return refuse(reply, 'invalid_grant')
      count('logins')
      return answer(tokens.begin(username as string), true)
    },
    refresh_token(fields, reply) {
      const issued = tokens.renew(fields.get('refresh_token') ?? '')
      if (issued === undefined) return refuse(reply, 'invalid_grant')
      count('renewals')
      return answer(issued, true)
    },
  }

  app.post('/token', async (request, reply) => {
    const fields = formOf(request)
    reply.header('cache-control', 'no-store')
    const [id, secret] = clientOf(request, fields)
    if (!isClient(id, secret)) {
      if (request.headers.authorization !== undefined) reply.header('www-authenticate', 'Basic realm="tokens"')
      return refuse(reply, 'invalid_client', 401)
    }
    fields.set('client_id', id ?? '')
    const type = fields.get('grant_type') ?? ''
    const grant = Object.hasOwn(grants, type) ? grants[type] : undefined
    return grant === undefined ? refuse(reply, 'unsupported_grant_type') : grant(fields, reply)
  })

  guarded(app, parts, { userOf: (request) => tokens.userOf(bearerOf(request)), challenge: 'Bearer' })
}

/** RFC 6749 §2.3.1: by Basic, its two parts form-encoded, or in the body; never both. */
function clientOf(request: FastifyRequest, fields: URLSearchParams): (string | null)[] {
  const basic = basicOf(request)
  if (basic === undefined) return [fields.get('client_id'), fields.get('client_secret')]
  if (fields.has('client_secret')) return []
  return basic.map((part) => new URLSearchParams(`part=${part}`).get('part'))
}
