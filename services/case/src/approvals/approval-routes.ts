import { Approval, ApprovalDecision, ApprovalPage, Case, NewApproval, PageQuery } from '@munjigi/contracts/cases'
import { invalidField } from '@munjigi/server/invalid-field'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { CaseParams } from '../cases/case-routes.ts'
import { inCase } from '../cases/in-case.ts'
import type { CaseDeps } from '../deps.ts'
import { approvalDecided, approvalNotFound } from '../problems.ts'
import { approvalStore } from './approval-store.ts'

const ApprovalParams = Type.Object({
  case_id: Case.properties.case_id,
  approval_id: Approval.properties.approval_id,
})

/** Requests for approval and their decisions; the database holds them to one decision, by somebody else. */
export function approvalRoutes(scope: FastifyInstance, { db, guards }: CaseDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const tags = ['approvals']

  app.route({
    method: 'GET',
    url: '/cases/:case_id/approvals',
    preHandler: guards['read-approvals'],
    schema: {
      summary: 'Requests for approval and what was decided, newest first',
      tags,
      params: CaseParams,
      querystring: PageQuery,
      response: { 200: ApprovalPage },
    },
    handler: (request) => inCase(db, request, 'readable', (...of) => approvalStore(...of).list(request.query)),
  })

  app.route({
    method: 'POST',
    url: '/cases/:case_id/approvals',
    preHandler: guards['ask-approval'],
    schema: {
      summary: 'Ask for approval of the case, or of a version of a document',
      tags,
      params: CaseParams,
      body: NewApproval,
      response: { 201: Approval },
    },
    handler: async (request, reply) => {
      const { body } = request
      if ((body.document_id === undefined) !== (body.version === undefined))
        throw invalidField('version', 'goes together with document_id')
      const values = { comment: '', ...body, requested_by: request.subject as string }
      return reply.code(201).send(await inCase(db, request, 'open', (...of) => approvalStore(...of).insert(values)))
    },
  })

  app.route({
    method: 'GET',
    url: '/cases/:case_id/approvals/:approval_id',
    preHandler: guards['read-approvals'],
    schema: { summary: 'A request for approval', tags, params: ApprovalParams, response: { 200: Approval } },
    handler: async (request) => {
      const { approval_id } = request.params
      const found = await inCase(db, request, 'readable', (...of) => approvalStore(...of).find(approval_id))
      if (!found) throw approvalNotFound()
      return found
    },
  })

  app.route({
    method: 'POST',
    url: '/cases/:case_id/approvals/:approval_id/decision',
    preHandler: guards['decide-approval'],
    schema: {
      summary: "Approve or reject a request, once; never one's own",
      tags,
      params: ApprovalParams,
      body: ApprovalDecision,
      response: { 200: Approval },
    },
    handler: (request) =>
      inCase(db, request, 'open', async (...of) => {
        const approvals = approvalStore(...of)
        const { approval_id } = request.params
        const decided_by = request.subject as string
        const decided = await approvals.decide(approval_id, { comment: '', ...request.body, decided_by })
        if (decided) return decided
        throw (await approvals.find(approval_id)) ? approvalDecided() : approvalNotFound()
      }),
  })
}
