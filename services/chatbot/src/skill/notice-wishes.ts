import { notLinked } from '@munjigi/chatbot-sdk/problems'
import { type SkillAnswer, textAnswer } from '../kakao/skill-answer.ts'
import type { Subscriptions } from '../notices/subscriptions.ts'
import { texts } from './texts.ts'
import type { Visit } from './visit.ts'

interface Parts {
  subscriptions: Subscriptions
  /** HH:MM from which on notices are sent; undefined where none are. */
  noticesAt: string | undefined
}

export async function subscribe(parts: Parts, { person, language }: Visit): Promise<SkillAnswer> {
  const { noNotices, subscribed } = texts[language]
  if (parts.noticesAt === undefined) return textAnswer(noNotices)
  if (!(await parts.subscriptions.insert(person))) throw notLinked()
  return textAnswer(subscribed(parts.noticesAt))
}

export async function unsubscribe({ subscriptions }: Parts, { person, language }: Visit): Promise<SkillAnswer> {
  await subscriptions.remove(person)
  const { unsubscribed, buttons } = texts[language]
  return textAnswer(unsubscribed, [[buttons.subscribe, '메뉴 알림 켜기']])
}
