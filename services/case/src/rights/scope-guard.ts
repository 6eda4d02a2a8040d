import { isInScope } from '@munjigi/identity/scope'
import type { FastifyInstance } from 'fastify'
import { scopeRequired } from '../problems.ts'

const MODULE = 'case'

/** Holds scoped tokens to their part again behind the gateway, by the route that was matched and not by the path's text. */
export function guardScope(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ user, routeOptions }) => {
    const insidePath = (routeOptions.url ?? '').slice(`/api/${MODULE}`.length)
    if (!isInScope(user?.token.scope, MODULE, insidePath)) throw scopeRequired()
  })
}
