import { RevealedProfile, TestedLogin } from '@munjigi/contracts/auth-contexts'
import { AuthProfile } from '@munjigi/contracts/auth-profiles'
import { FOR_OWN_LOGIN } from '@munjigi/identity/own-login'
import { requireUser } from '@munjigi/identity/user-context'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { recordEvent } from '../audit.ts'
import type { StationDeps } from '../deps.ts'
import { OPEN, testLogin } from '../login/test-login.ts'
import { profileNotFound, revealRefused } from '../problems.ts'
import { profileStore } from '../profiles/profile-store.ts'
import { revealedProfile } from './revealed-profile.ts'

const Service = Type.Pick(AuthProfile, ['service_id'])
const ofRevealed = { ...FOR_OWN_LOGIN, tags: ['revealed'] }

/** The one place where secrets are shown: the gateway asks for the section auth-profile-reveal before it lets anybody here. */
export function revealRoutes(scope: FastifyInstance, deps: StationDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const profiles = profileStore(deps.db)

  /** Written before anything is shown: where it cannot be, nothing is. */
  async function recordLook(request: FastifyRequest, action: string, service_id: string): Promise<string> {
    const sub = requireThemselves(request)
    const row = await profiles.find(sub, service_id)
    if (!row) throw profileNotFound()
    await recordEvent(deps.db, { actor: sub, action, target: service_id, request_id: request.id })
    return sub
  }

  app.route({
    method: 'GET',
    url: '/revealed/:service_id',
    schema: {
      ...ofRevealed,
      summary: 'An auth profile with its secrets in the open; audited',
      params: Service,
      response: { 200: RevealedProfile },
    },
    handler: async (request) => {
      const { service_id } = request.params
      const sub = await recordLook(request, 'auth-profile.revealed', service_id)
      return revealedProfile(deps, { sub, service_id })
    },
  })

  app.route({
    method: 'POST',
    url: '/revealed/:service_id/test',
    schema: {
      ...ofRevealed,
      summary: 'A test login whose answer is not masked; audited',
      params: Service,
      response: { 200: TestedLogin },
    },
    handler: async (request) => {
      const { service_id } = request.params
      const sub = await recordLook(request, 'auth-profile.test-revealed', service_id)
      return testLogin(deps, { sub, service_id }, OPEN)
    },
  })
}

/** The person, signed in: a scope is an API key's or that of who acts for somebody. */
function requireThemselves(request: FastifyRequest): string {
  const { sub, token } = requireUser(request)
  const isNarrowed = token.scope !== undefined || token.claims.act !== undefined || token.claims.amr !== undefined
  if (isNarrowed || token.clientId !== undefined) throw revealRefused()
  return sub
}
