import { Problem } from '@munjigi/problem'
import type { FastifyRequest } from 'fastify'
import { requireUser } from './user-context.ts'

const ownLoginRequired = () =>
  new Problem(403, 'own-login-required', 'This needs a login of your own', {
    detail: 'Sign in yourself: neither API keys nor acting clients may do this',
  })

/** For the schema of a route that takes a login of one's own alone; OpenAPI shows it. */
export const FOR_OWN_LOGIN = { 'x-own-login': true }

/**
 * Refuses API keys and acting clients, whose tokens carry a scope: neither changes anybody's rights or ways in (DESIGN §8).
 * @throws Problem 403 `own-login-required`
 */
export function requireOwnLogin(request: FastifyRequest): void {
  if (requireUser(request).token.scope !== undefined) throw ownLoginRequired()
}
