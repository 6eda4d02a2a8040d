import { X_RELAY_SIGNATURE } from '@munjigi/contracts/headers'
import { LoginLink, NewLoginLink, SIGNED_WITHIN_SECONDS } from '@munjigi/contracts/relay'
import { isSignedPayload } from '@munjigi/sealing/signature'
import type { TypeBoxProvider } from '@munjigi/server/typebox-provider'
import type { Store } from '@munjigi/store/store'
import { errorCodes, type FastifyInstance, type FastifyRequest } from 'fastify'
import { normalAddress } from '../addresses/address.ts'
import { isAllowedCallback, redirectTarget } from '../addresses/return-to.ts'
import type { RelayClient } from '../clients/clients.ts'
import type { RelayDeps } from '../deps.ts'
import { malformedAnswer, malformedJson } from '../fastapi-faults.ts'
import {
  callbackUrlNotAllowed,
  issueNonceUsed,
  issueSignatureInvalid,
  issueTimestampInvalid,
  unknownClientKey,
} from '../problems.ts'
import { linksOf } from './lit.ts'

const JSON_TYPE = /^application\/([\w.-]+\+)?json\b/i

/** `POST /issue_login_link`: a chatbot asks for a link by which one of its people logs in. */
export async function issueRoute(scope: FastifyInstance, deps: RelayDeps): Promise<void> {
  const app = scope.withTypeProvider<TypeBoxProvider>()
  const { baseUrl, stateTtlSeconds } = deps.settings
  const links = linksOf(deps.settings)
  readJsonAsFastApiDoes(app)

  app.post(
    '/issue_login_link',
    {
      schema: {
        summary: 'A login link for a person at a messenger',
        tags: ['chatbots'],
        security: [],
        consumes: ['application/json'],
        body: NewLoginLink,
        response: { 200: LoginLink, ...malformedAnswer },
      },
    },
    async ({ body, headers }) => {
      const client = deps.clients.find(body.client_key)
      if (client === undefined) throw unknownClientKey()
      await checkSignature(deps.store, client, body, headers[X_RELAY_SIGNATURE])
      const callbackUrl = normalAddress(body.callback_url)
      if (callbackUrl === undefined || !isAllowedCallback(client, callbackUrl)) throw callbackUrlNotAllowed()
      const redirectAfter = redirectTarget(client, body.redirect_after)
      const lit = links.issue({
        chatbot_user_id: body.chatbot_user_id,
        ...(body.messenger_user_id && { messenger_user_id: body.messenger_user_id }),
        callback_url: callbackUrl,
        client_key: client.key,
        ...(redirectAfter !== undefined && { redirect_after: redirectAfter }),
        ...(body.display_name && { display_name: body.display_name }),
      })
      return { login_link: `${baseUrl}/login/${lit}`, expires_in: stateTtlSeconds }
    },
  )
}

/** JSON said so or not at all, as bytes, for it is UTF-8, and without Fastify's own refusals: unknown names are left out of account. */
function readJsonAsFastApiDoes(app: FastifyInstance): void {
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  const parse = async ({ headers }: FastifyRequest, body: Buffer) => {
    if (!JSON_TYPE.test(headers['content-type'] ?? 'application/json'))
      throw new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE()
    if (body.length === 0) return undefined
    try {
      return JSON.parse(utf8.decode(body))
    } catch (error) {
      throw malformedJson(positionIn(error as Error, body))
    }
  }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, parse)
}

/** The engine does not always say where; what it says of the text itself goes nowhere. */
function positionIn({ message }: Error, body: Buffer): number {
  const [, position] = / position (\d+)/.exec(message) ?? []
  if (position !== undefined) return Number(position)
  return message === 'Unexpected end of JSON input' ? body.toString().length : 0
}

/** Of a client that signs: by its secret, now, and once. A wrong signature spends no nonce. */
async function checkSignature(
  store: Store,
  { key, issueSecret }: RelayClient,
  body: NewLoginLink,
  signature: string | string[] | undefined,
): Promise<void> {
  if (issueSecret === undefined) return
  const isSigned = isSignedPayload(issueSecret, body, typeof signature === 'string' ? signature : undefined)
  if (!isSigned || body.ts === undefined || body.nonce === undefined) throw issueSignatureInvalid()
  const now = Math.floor(Date.now() / 1000)
  if (Math.abs(now - body.ts) > SIGNED_WITHIN_SECONDS) throw issueTimestampInvalid(body.ts, now)
  // A clock ahead by 300 s keeps the request good for 600.
  const isNew = await store.add(`relay_issue:{${key}}:${body.nonce}`, '1', (2 * SIGNED_WITHIN_SECONDS + 1) * 1000)
  if (!isNew) throw issueNonceUsed()
}
