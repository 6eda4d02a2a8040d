import { Notice, NoticePage, NoticeQuery } from '@munjigi/contracts/notices'
import { requireOwnLogin } from '@munjigi/identity/own-login'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { FOR_SUPERUSERS, requireSuperuser } from '../admin/administrator.ts'
import { recordEvent } from '../audit/audit.ts'
import type { AdminDeps } from '../deps.ts'
import { findNotice, listNotices, retryNotice } from './notice-list.ts'
import { noticeDelivered, noticeNotFound } from './problems.ts'
import type { Sender } from './sender.ts'

const IdParams = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) })

/** The outbox reaches across tenants, so only superusers see it. */
export function noticeRoutes(scope: FastifyInstance, { db, sender }: AdminDeps & { sender: Sender }): void {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const ofNotices = { ...FOR_SUPERUSERS, tags: ['notices'] }

  app.route({
    method: 'GET',
    url: '/notices',
    schema: {
      ...ofNotices,
      summary: 'Mail to be sent, newest first',
      querystring: NoticeQuery,
      response: { 200: NoticePage },
    },
    handler: async (request) => {
      await requireSuperuser(db, request)
      return listNotices(db, request.query)
    },
  })

  app.route({
    method: 'POST',
    url: '/notices/:id/retry',
    schema: {
      ...ofNotices,
      summary: 'Sends a notice now, even one that was given up',
      params: IdParams,
      response: { 200: Notice },
    },
    handler: async (request) => {
      requireOwnLogin(request)
      const { id } = request.params
      const notice = await db.transaction().execute(async (trx) => {
        const { sub } = await requireSuperuser(trx, request)
        const isDue = await retryNotice(trx, id)
        const found = await findNotice(trx, id)
        if (!found) throw noticeNotFound()
        if (!isDue) throw noticeDelivered()
        await recordEvent(trx, {
          actor: sub,
          action: 'notice.retried',
          target: String(id),
          tenant_id: null,
          request_id: request.id,
        })
        return found
      })
      sender.wake()
      return notice
    },
  })
}
