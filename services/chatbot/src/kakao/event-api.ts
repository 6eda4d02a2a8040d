import { postJson } from './post-json.ts'

const ANSWERS_WITHIN_MS = 5_000
/** The bot's block that carries this event shows `event.data.text`. */
const EVENT_NAME = 'meal_notice'
/** Other failures of theirs may come after the message was taken. */
const NOT_NOW = 503
/** Nothing had been sent when these came. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

export interface EventApiSettings {
  url: string
  botId: string
  restApiKey: string
}

/** `failed`: it was not taken. `unknown`: no answer came, and it may have been. */
export type Telling = { outcome: 'told' | 'failed' | 'unknown'; cause?: unknown }

export interface EventApi {
  tell(person: string, text: string): Promise<Telling>
}

/** Kakao's Event API: how a bot speaks first (`POST /v2/bots/{botId}/talk`). */
export function eventApi({ url, botId, restApiKey }: EventApiSettings): EventApi {
  const address = `${url}/v2/bots/${encodeURIComponent(botId)}/talk`
  const headers = { authorization: `KakaoAK ${restApiKey}` }
  return {
    async tell(person, text) {
      const event = { event: { name: EVENT_NAME, data: { text } }, user: [{ type: 'botUserKey', id: person }] }
      const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS)
      try {
        const { status, body } = await postJson(address, event, { headers, signal })
        const outcome = outcomeOf(status, body)
        return outcome === 'told' ? { outcome } : { outcome, cause: new Error(`the Event API answered ${status}`) }
      } catch (cause) {
        return { outcome: NOT_SENT.has((cause as { code?: string }).code ?? '') ? 'failed' : 'unknown', cause }
      }
    },
  }
}

function outcomeOf(status: number, body: unknown): Telling['outcome'] {
  const { status: verdict } = (body ?? {}) as { status?: unknown }
  if (status === 200 && verdict === 'SUCCESS') return 'told'
  const isClear = status === 200 ? typeof verdict === 'string' : status < 500 || status === NOT_NOW
  return isClear ? 'failed' : 'unknown'
}
