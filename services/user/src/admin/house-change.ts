import { requireOwnLogin } from '@munjigi/identity/own-login'
import type { FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'
import { recordEvent } from '../audit/audit.ts'
import type { AdminDeps } from '../deps.ts'
import type { Tables } from '../tables.ts'
import { requireSuperuser } from './administrator.ts'

interface HouseEvent {
  action: string
  target: string
  /** Whose administrators may read the line; by default superusers alone. */
  tenant_id?: string
  details?: Record<string, unknown>
}

/** Changes what the rights of many people depend on, with an audit line; every gateway then forgets what it remembers. */
export async function changeHouse<Result>(
  { db, events }: AdminDeps,
  request: FastifyRequest,
  change: (trx: Transaction<Tables>) => Promise<HouseEvent & { result: Result }>,
): Promise<Result> {
  requireOwnLogin(request)
  const result = await db.transaction().execute(async (trx) => {
    const actor = await requireSuperuser(trx, request)
    const { result, ...event } = await change(trx)
    await recordEvent(trx, { tenant_id: null, ...event, actor: actor.sub, request_id: request.id })
    return result
  })
  await events.allChanged()
  return result
}
