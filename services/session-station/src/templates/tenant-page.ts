import type { TemplateList, TemplateSearch } from '@munjigi/contracts/auth-profile-store'
import { pageOf } from '@munjigi/db/page'
import { platformTokenRequired, requireUser } from '@munjigi/identity/user-context'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { TemplateStore } from './template-store.ts'

/** 403 for a token of another issuer: only ours says whose tenant a person is of. */
export function requireTenant(request: FastifyRequest): string {
  const { tenantId } = requireUser(request)
  if (tenantId === undefined) throw platformTokenRequired()
  return tenantId
}

export async function listPage(
  templates: TemplateStore,
  tenant: string,
  { cursor, limit, ...filter }: Static<typeof TemplateSearch>,
): Promise<Static<typeof TemplateList>> {
  const before = Number(cursor ?? Number.MAX_SAFE_INTEGER)
  const [page, next] = pageOf(await templates.list(tenant, { ...filter, before, limit: limit + 1 }), limit)
  return {
    templates: page.map(({ position: _position, ...template }) => template),
    ...(next && { next_cursor: String(next.position) }),
  }
}
