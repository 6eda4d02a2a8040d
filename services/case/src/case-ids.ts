import type { FastifyInstance } from 'fastify'

export interface CaseOfTenant {
  tenant_id: string
  case_id: string
}

/** User keeps case ids as text, in lower case: whatever spelling a path has, every route of `app` reads that one. */
export function readCaseIds(app: FastifyInstance): void {
  app.addHook('preValidation', async ({ params }) => {
    const named = params as { case_id?: string }
    if (named.case_id !== undefined) named.case_id = named.case_id.toLowerCase()
  })
}
