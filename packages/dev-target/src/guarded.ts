import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { KindParts } from './kind.ts'

const CREDENTIAL_HEADERS = ['authorization', 'cookie', 'x-api-key']
const ITEMS = [
  { id: 1, title: '첫 번째 문서' },
  { id: 2, title: 'second document' },
  { id: 3, title: 'third document' },
]

interface Guard {
  /** Undefined: nobody is logged in. */
  userOf(request: FastifyRequest, reply: FastifyReply): string | undefined
  /** WWW-Authenticate of the refusal. */
  challenge?: string
}

/** What only somebody who is logged in may have: `data`, and `echo`, which says what reached it. */
export function guarded(app: FastifyInstance, { kind, count }: KindParts, { userOf, challenge }: Guard): void {
  const users = new WeakMap<FastifyRequest, string>()
  app.register(async (inside) => {
    inside.addHook('onRequest', async (request, reply) => {
      const user = userOf(request, reply)
      if (user === undefined) {
        if (challenge !== undefined) reply.header('www-authenticate', challenge)
        return reply.code(401).send({ error: 'unauthorized', kind })
      }
      users.set(request, user)
      return count('requests')
    })
    inside.get('/data', async (request) => ({ kind, user: users.get(request), items: ITEMS }))
    inside.all('/echo', async (request) => ({
      kind,
      user: users.get(request),
      method: request.method,
      query: without(request.query as Record<string, unknown>, ['api_key']),
      headers: without(request.headers, CREDENTIAL_HEADERS),
      body: request.body ?? '',
    }))
  })
}

const without = (values: Record<string, unknown>, names: string[]) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)))
