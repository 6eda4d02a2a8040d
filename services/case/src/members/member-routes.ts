import { CaseRoleGrant } from '@munjigi/contracts/case-roles'
import { CaseMember, GivenCaseRole } from '@munjigi/contracts/cases'
import { withTenant } from '@munjigi/db/tenant'
import { FOR_OWN_LOGIN, requireOwnLogin } from '@munjigi/identity/own-login'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { CaseParams } from '../cases/case-routes.ts'
import { caseStore } from '../cases/case-store.ts'
import type { CaseDeps } from '../deps.ts'
import { caseNotFound, lastTrustee, memberNotFound, ownCaseRole } from '../problems.ts'
import { callerOf } from '../rights/caller.ts'
import { inMembersTurn } from './turn.ts'

const MemberParams = Type.Object({ ...CaseParams.properties, sub: CaseRoleGrant.properties.sub })

/** Who has which role in a case. User keeps it; what is decided here is who may change it, and that a trustee remains. */
export function memberRoutes(scope: FastifyInstance, { db, user, roles, guards }: CaseDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()

  app.route({
    method: 'GET',
    url: '/cases/:case_id/members',
    preHandler: guards['read-members'],
    schema: {
      summary: 'Who has which role in the case',
      tags: ['members'],
      params: CaseParams,
      response: { 200: Type.Object({ members: Type.Array(CaseMember) }) },
    },
    handler: async (request) => {
      const { case_id } = request.params
      const tenant_id = callerOf(request).tenantId
      if (!(await withTenant(db, tenant_id, (trx) => caseStore(trx, tenant_id).find(case_id)))) throw caseNotFound()
      return { members: await user.listOfCase({ tenant_id, case_id }) }
    },
  })

  app.route({
    method: 'PUT',
    url: '/cases/:case_id/members/:sub',
    preHandler: guards['assign-member'],
    schema: {
      ...FOR_OWN_LOGIN,
      summary: 'Give somebody of the tenant a role in the case, replacing the one they have; never oneself',
      tags: ['members'],
      params: MemberParams,
      body: GivenCaseRole,
      response: { 200: CaseMember },
    },
    handler: async (request) => {
      requireOwnLogin(request)
      const { sub } = request.params
      const { role } = request.body
      const caller = callerOf(request)
      if (sub === caller.sub) throw ownCaseRole()
      const of = { tenant_id: caller.tenantId, case_id: request.params.case_id }
      await inMembersTurn(db, of, async () => {
        if (role !== 'trustee' && isLastTrustee(await user.listOfCase(of), sub)) throw lastTrustee()
        await user.grant({ ...of, sub, role, actor: caller.sub })
      })
      roles.drop(sub)
      return { sub, role }
    },
  })

  app.route({
    method: 'DELETE',
    url: '/cases/:case_id/members/:sub',
    preHandler: guards['withdraw-member'],
    schema: {
      ...FOR_OWN_LOGIN,
      summary: 'Take the role from somebody; the last trustee keeps it',
      tags: ['members'],
      params: MemberParams,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      requireOwnLogin(request)
      const { sub } = request.params
      const caller = callerOf(request)
      const of = { tenant_id: caller.tenantId, case_id: request.params.case_id }
      await inMembersTurn(db, of, async () => {
        const members = await user.listOfCase(of)
        if (!members.some((member) => member.sub === sub)) throw memberNotFound()
        if (isLastTrustee(members, sub)) throw lastTrustee()
        await user.withdraw({ case_id: of.case_id, sub, actor: caller.sub })
      })
      roles.drop(sub)
      return reply.code(204).send(null)
    },
  })
}

const isLastTrustee = (members: CaseMember[], sub: string): boolean => {
  const trustees = members.filter(({ role }) => role === 'trustee')
  return trustees.length === 1 && trustees[0]?.sub === sub
}
