import { Case, CaseChange, CasePage, CaseQuery, NewCase } from '@munjigi/contracts/cases'
import { withTenant } from '@munjigi/db/tenant'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { CaseDeps } from '../deps.ts'
import { caseClosed, caseNotFound, caseOpen } from '../problems.ts'
import { type Caller, callerOf } from '../rights/caller.ts'
import { caseStore, type StoredCase } from './case-store.ts'
import { createCase } from './creation.ts'
import { deleteCase } from './deletion.ts'

export const CaseParams = Type.Pick(Case, ['case_id'])

export function caseRoutes(scope: FastifyInstance, deps: CaseDeps): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { db, roles, guards } = deps

  /** Runs `work` in a transaction of the caller's tenant, and adds the caller's own role to the case that it gives. */
  async function onCases(request: FastifyRequest, work: Work<StoredCase>): Promise<Case> {
    const caller = callerOf(request)
    const found = await withTenant(db, caller.tenantId, (trx) => work(caseStore(trx, caller.tenantId), caller))
    return { ...found, own_role: (await rolesOf(caller)).get(found.case_id) ?? null }
  }

  /** Administrators need no role: theirs are shown if user answers, and missing if it does not. */
  const rolesOf = ({ sub, isAdmin }: Caller) =>
    roles.rolesOf(sub).catch((error) => {
      if (isAdmin) return new Map<string, never>()
      throw error
    })

  app.route({
    method: 'GET',
    url: '/cases',
    preHandler: guards['list-cases'],
    schema: {
      summary: 'Cases in which the caller has a role, newest first; for an administrator all cases of the tenant',
      tags: ['cases'],
      querystring: CaseQuery,
      response: { 200: CasePage },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const list = (case_ids: string[] | undefined) =>
        withTenant(db, caller.tenantId, (trx) => caseStore(trx, caller.tenantId).list({ ...request.query, case_ids }))
      // Both at once: each may wait for a database that does not answer.
      const asked = rolesOf(caller)
      const [own, { rows, ...more }] = await Promise.all([
        asked,
        caller.isAdmin ? list(undefined) : asked.then((own) => list([...own.keys()].filter(isCaseId))),
      ])
      return { cases: rows.map((row) => ({ ...row, own_role: own.get(row.case_id) ?? null })), ...more }
    },
  })

  app.route({
    method: 'POST',
    url: '/cases',
    preHandler: guards['create-case'],
    schema: {
      summary: 'Open a case; whoever does is its trustee',
      tags: ['cases'],
      body: NewCase,
      response: { 201: Case },
    },
    handler: async (request, reply) => {
      const made = await createCase(deps, callerOf(request), request.body)
      return reply.code(201).send({ ...made, own_role: 'trustee' as const })
    },
  })

  app.route({
    method: 'GET',
    url: '/cases/:case_id',
    preHandler: guards['read-case'],
    schema: { summary: 'A case', tags: ['cases'], params: CaseParams, response: { 200: Case } },
    handler: (request) =>
      onCases(request, async (cases) => (await cases.find(request.params.case_id)) ?? Promise.reject(caseNotFound())),
  })

  app.route({
    method: 'PATCH',
    url: '/cases/:case_id',
    preHandler: guards['change-case'],
    schema: {
      summary: 'Change title or description; what is left out stays',
      tags: ['cases'],
      params: CaseParams,
      body: CaseChange,
      response: { 200: Case },
    },
    handler: (request) =>
      onCases(request, async (cases) => {
        const { case_id } = request.params
        const changed = await cases.updateOpen(case_id, request.body)
        if (changed) return changed
        throw (await cases.find(case_id)) ? caseClosed() : caseNotFound()
      }),
  })

  const setStatus = (path: string, summary: string, status: Case['status'], guard: 'close-case' | 'reopen-case') =>
    app.route({
      method: 'POST',
      url: `/cases/:case_id/${path}`,
      preHandler: guards[guard],
      schema: { summary, tags: ['cases'], params: CaseParams, response: { 200: Case } },
      handler: (request) =>
        onCases(request, async (cases) => {
          const { case_id } = request.params
          const changed = await cases.setStatus(case_id, status)
          if (changed) return changed
          if (!(await cases.find(case_id))) throw caseNotFound()
          throw status === 'closed' ? caseClosed() : caseOpen()
        }),
    })
  setStatus('close', 'Close a case: from now on it is read-only', 'closed', 'close-case')
  setStatus('reopen', 'Open a closed case again', 'open', 'reopen-case')

  app.route({
    method: 'DELETE',
    url: '/cases/:case_id',
    preHandler: guards['delete-case'],
    schema: {
      summary: 'Remove a case with its documents, approvals and case roles',
      tags: ['cases'],
      params: CaseParams,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      const { sub, tenantId } = callerOf(request)
      await deleteCase(deps, { tenant_id: tenantId, case_id: request.params.case_id }, sub)
      return reply.code(204).send(null)
    },
  })
}

type Work<Result> = (cases: ReturnType<typeof caseStore>, caller: Caller) => Promise<Result>

const CASE_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** User also keeps ids of other services' making, and the database takes nothing but UUIDs. */
const isCaseId = (text: string): boolean => CASE_ID.test(text)
