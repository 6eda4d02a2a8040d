import type { FastifyInstance } from 'fastify'
import type { Chatbot } from './chatbot.ts'

const BODY_LIMIT_BYTES = 64 * 1024

/** What a host that serves OpenAPI shows of them: each brings its own proof and no bearer token. */
const saying = (summary: string, status: 200 | 204) => ({
  schema: { summary, tags: ['logins'], security: [], response: { [status]: { type: 'null' } } },
})
const BROUGHT = saying('Takes the tokens of a login that auth-relay brings, signed', 204)
const UNLINKED = saying('Takes the notice of an unlinked messenger account, signed by auth-relay', 204)
const LOGGED_OUT = saying('Takes a logout_token of the IdP (OpenID Connect Back-Channel Logout)', 200)

interface ChatbotRoutes {
  chatbot: Pick<Chatbot, 'receiveCallback' | 'receiveUnlink' | 'receiveLogout'>
}

/**
 * Where the relay brings logins (`/users/callback`, `/callback`) and endings (`/users/unlink`), and the IdP its logouts
 * (`/backchannel-logout`). Register it under a prefix; what is refused, the host's error handler answers.
 */
export async function chatbotRoutes(app: FastifyInstance, { chatbot }: ChatbotRoutes): Promise<void> {
  app.removeAllContentTypeParsers()
  await app.register(async (relay) => {
    // A signature is over what was sent, so nothing reads it before.
    relay.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES }, untouched)
    for (const path of ['/users/callback', '/callback'])
      relay.post<{ Body: Buffer | undefined }>(path, BROUGHT, async ({ body, headers }, reply) => {
        await chatbot.receiveCallback(body ?? '', headers)
        return reply.code(204).send()
      })
    relay.post<{ Body: Buffer | undefined }>('/users/unlink', UNLINKED, async ({ body, headers }, reply) => {
      await chatbot.receiveUnlink(body ?? '', headers)
      return reply.code(204).send()
    })
  })
  await app.register(async (idp) => {
    const form = 'application/x-www-form-urlencoded'
    idp.addContentTypeParser(form, { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES }, untouched)
    idp.post<{ Body: string | undefined }>('/backchannel-logout', LOGGED_OUT, async ({ body }, reply) => {
      // OpenID Connect Back-Channel Logout §2.8
      reply.header('cache-control', 'no-store')
      const [token, ...more] = new URLSearchParams(body).getAll('logout_token')
      await chatbot.receiveLogout(more.length === 0 ? (token ?? '') : '')
      return reply.code(200).send()
    })
  })
}

const untouched = async (_request: unknown, body: unknown) => body
