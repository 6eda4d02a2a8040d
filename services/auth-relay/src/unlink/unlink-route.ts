import { isSameText } from '@munjigi/sealing/same-text'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RelayDeps } from '../deps.ts'
import { markUnlinked } from '../links/unlinked.ts'
import { unlinkNotices } from './unlink-notices.ts'

/** Kakao's are digits; a chatbot's own name of a person is any text that can be signed. */
const USER_ID = /^[^\p{Cc}\p{Cs}]{1,255}$/u
const REFERRER_TYPE = /^[A-Z_]{1,64}$/

/**
 * Kakao's unlink webhook, by GET or POST with `app_id`, `user_id` and `referrer_type`: the person's logins under way end, and
 * chatbots with an `unlink_url` are told. Kakao wants 200 within 3 s whatever came of it, and stops calling otherwise.
 */
export async function unlinkRoute(app: FastifyInstance, { store, settings, clients }: RelayDeps): Promise<void> {
  const notices = unlinkNotices(app.log)
  app.addHook('onClose', notices.finished)
  app.setErrorHandler((error, request, reply) => {
    request.log.warn({ reason: (error as { code?: string }).code }, 'unlink webhook with a body that is not read')
    return reply.code(200).send()
  })

  app.route({
    method: ['GET', 'POST'],
    url: '/webhooks/kakao/unlink',
    schema: {
      summary: "Kakao's unlink webhook, known by the app's admin key",
      tags: ['webhooks'],
      security: [],
      consumes: ['application/x-www-form-urlencoded', 'application/json'],
    },
    handler: async (request, reply) => {
      const userId = isKakao(request, settings.kakaoAdminKey) ? unlinkedUser(request) : undefined
      if (userId !== undefined) await unlink(request, userId)
      return reply.code(200).send()
    },
  })

  async function unlink({ log }: FastifyRequest, userId: string): Promise<void> {
    const known = clients.list()
    const { stateTtlSeconds } = settings
    const marks = await Promise.allSettled(
      known.map(({ key }) => markUnlinked(store, { clientKey: key, userId, stateTtlSeconds })),
    )
    if (marks.some(({ status }) => status === 'rejected')) log.error('logins under way of an unlinked person go on')
    for (const client of known) notices.send(client, userId)
  }
}

function isKakao({ headers, log }: FastifyRequest, adminKey: string | undefined): boolean {
  const isRight = adminKey !== undefined && isSameText(headers.authorization ?? '', `KakaoAK ${adminKey}`)
  if (!isRight) log.info({ isConfigured: adminKey !== undefined }, 'unlink webhook without the admin key')
  return isRight
}

function unlinkedUser({ query, body, log }: FastifyRequest): string | undefined {
  const { user_id, referrer_type } = { ...(query as Fields), ...(body as Fields | undefined) }
  const userId = Number.isSafeInteger(user_id) ? String(user_id) : user_id
  const isUsable = typeof userId === 'string' && USER_ID.test(userId)
  const reason = typeof referrer_type === 'string' && REFERRER_TYPE.test(referrer_type) ? referrer_type : undefined
  log.info({ isUsable, reason }, 'unlink webhook')
  return isUsable ? userId : undefined
}

type Fields = Record<string, unknown>
