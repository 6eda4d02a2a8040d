import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { X_KAKAO_SKILL_SECRET } from '@munjigi/contracts/headers'
import type { FastifyInstance } from 'fastify'
import { generate } from 'selfsigned'
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici'

export const SKILL_SECRET = randomBytes(32).toString('hex')
export const BOT_ID = '5a548e36aea1a43fa851ecd9'
export const BASE_PATH = '/api/kakao-bot'

/** Kakao's callback host: https, as it must be, and trusted by this process. */
export async function testCallbackHost() {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  })
  const received: { url: string; card: Card }[] = []
  const server = createServer({ cert, key, keepAliveTimeout: 0 }, async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    received.push({ url: request.url ?? '', card: JSON.parse(body) })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"taskId":"t","status":"SUCCESS"}')
    server.emit('card')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const usual = getGlobalDispatcher()
  const agent = new Agent({ connect: { ca: cert } })
  setGlobalDispatcher(agent)
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    received,
    nextCard: () => once(server, 'card'),
    async close() {
      setGlobalDispatcher(usual)
      await agent.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A skill response, as the tests look into it. */
export interface Card {
  version: string
  useCallback?: boolean
  data?: { text: string }
  template: {
    outputs: {
      simpleText?: { text: string }
      basicCard?: {
        thumbnail?: { imageUrl: string }
        title: string
        description: string
        buttons: { action: string; label: string; webLinkUrl: string }[]
      }
    }[]
    quickReplies?: { action: string; label: string; messageText: string }[]
  }
}

export const textOf = (card: Card): string => card.template.outputs[0]?.simpleText?.text ?? ''
export const loginLinkOf = (card: Card) => card.template.outputs[0]?.basicCard?.buttons[0]?.webLinkUrl

interface Spoken {
  callbackUrl?: string
  chat?: object
  lang?: string
  user?: object
  /** What else Kakao says of who speaks. */
  properties?: object
  bot?: string
  headers?: Record<string, string>
}

/** The request that Kakao sends when somebody says something. */
export function skillRequest(
  person: string,
  utterance: string,
  { callbackUrl, chat, lang = 'ko', ...more }: Spoken = {},
) {
  return {
    intent: { id: 'block-1', name: '블록' },
    userRequest: {
      timezone: 'Asia/Seoul',
      params: { surface: 'Kakaotalk.plusfriend' },
      block: { id: 'block-1', name: '블록' },
      utterance,
      lang,
      user: more.user ?? {
        id: person,
        type: 'botUserKey',
        properties: { plusfriendUserKey: 'x', botUserKey: person, ...more.properties },
      },
      ...(callbackUrl !== undefined && { callbackUrl }),
      ...(chat !== undefined && { chat }),
    },
    bot: { id: more.bot ?? BOT_ID, name: '문지기' },
    action: { name: 'skill', clientExtra: null, params: {}, id: 'skill-1', detailParams: {} },
  }
}

export const ask = (app: FastifyInstance, payload: object, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: `${BASE_PATH}/skill`,
    headers: { [X_KAKAO_SKILL_SECRET]: SKILL_SECRET, ...headers },
    payload,
  })

/** What the bot answers to a person. */
export async function say(app: FastifyInstance, person: string, utterance: string, spoken: Spoken = {}): Promise<Card> {
  const answer = await ask(app, skillRequest(person, utterance, spoken))
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json()
}
