import type { FastifyInstance } from 'fastify'
import { basicOf } from '../asked.ts'
import { CREDENTIALS, isPerson } from '../credentials.ts'
import { guarded } from '../guarded.ts'
import type { KindParts } from '../kind.ts'

const holderOf = (key: unknown) => (key === CREDENTIALS.apiKey ? CREDENTIALS.username : undefined)

/** No login: a key in the header X-API-Key. */
export function apiKey(app: FastifyInstance, parts: KindParts): void {
  guarded(app, parts, { userOf: ({ headers }) => holderOf(headers['x-api-key']) })
}

/** No login: a key in the query, `api_key=`. */
export function apiKeyQuery(app: FastifyInstance, parts: KindParts): void {
  guarded(app, parts, { userOf: ({ query }) => holderOf((query as Record<string, unknown>).api_key) })
}

/** No login: name and password with each request. */
export function basic(app: FastifyInstance, parts: KindParts): void {
  guarded(app, parts, {
    userOf(request) {
      const [name, password] = basicOf(request) ?? []
      return isPerson(name, password) ? name : undefined
    },
    challenge: 'Basic realm="archive", charset="UTF-8"',
  })
}
