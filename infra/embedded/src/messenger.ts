import { createHash } from 'node:crypto'
import { X_KAKAO_SKILL_SECRET } from '@munjigi/contracts/headers'
import type { FrontDoor } from './front-door.ts'

/** An answer of the chatbot as the messenger shows it. */
interface Card {
  text: string
  /** What its first web-link button opens. */
  link: string | undefined
}

interface SkillAnswer {
  template?: {
    outputs: {
      simpleText?: { text: string }
      basicCard?: { title?: string; description?: string; buttons?: { label: string; webLinkUrl?: string }[] }
    }[]
  }
}

export interface Messenger {
  /** What the chatbot answers to somebody who writes that. @throws Error where it answers no card */
  say(person: string, utterance: string): Promise<Card>
  /** What the app that is connected to the bot's channel calls somebody; unlink notices know no other name. */
  appUserIdOf(person: string): string
}

interface MessengerSettings {
  /** As set in the skill's settings at the messenger. */
  secret: string
  botId: string
}

/** The messenger's server: brings what a person writes to the chatbot's skill, through the gateway. */
export function messenger(door: FrontDoor, { secret, botId }: MessengerSettings): Messenger {
  return {
    appUserIdOf,
    async say(person, utterance) {
      const answer = await door.send('/api/kakao-bot/skill', {
        method: 'POST',
        headers: { 'content-type': 'application/json', [X_KAKAO_SKILL_SECRET]: secret },
        body: JSON.stringify(skillRequest(botId, person, utterance)),
      })
      const text = await answer.body.text()
      if (answer.statusCode !== 200) throw new Error(`the skill answered ${answer.statusCode} ${text}`)
      return cardOf(JSON.parse(text) as SkillAnswer)
    },
  }
}

const appUserIdOf = (person: string) => String(createHash('sha256').update(person).digest().readUIntBE(0, 6))

/** Version 2.0, with what the messenger sends along. */
const skillRequest = (botId: string, person: string, utterance: string) => ({
  bot: { id: botId, name: 'munjigi' },
  intent: { id: 'fallback', name: '폴백 블록' },
  action: { id: 'skill', name: 'munjigi', params: {}, detailParams: {}, clientExtra: {} },
  userRequest: {
    timezone: 'Asia/Seoul',
    lang: 'ko',
    block: { id: 'fallback', name: '폴백 블록' },
    utterance,
    user: { id: person, type: 'botUserKey', properties: { botUserKey: person, appUserId: appUserIdOf(person) } },
  },
})

function cardOf({ template }: SkillAnswer): Card {
  const outputs = template?.outputs ?? []
  const buttons = outputs.flatMap(({ basicCard }) => basicCard?.buttons ?? [])
  const texts = outputs.flatMap(({ simpleText, basicCard }) => [
    simpleText?.text,
    basicCard?.title,
    basicCard?.description,
  ])
  return {
    text: texts.filter((text) => text !== undefined && text !== '').join('\n'),
    link: buttons.find(({ webLinkUrl }) => webLinkUrl !== undefined)?.webLinkUrl,
  }
}
