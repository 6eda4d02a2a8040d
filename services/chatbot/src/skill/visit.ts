import type { Chatbot } from '@munjigi/chatbot-sdk/chatbot'
import { mealAs } from '../meal.ts'
import type { Language } from './texts.ts'

/** One thing that somebody said to the bot. */
export interface Said {
  /** Undefined where nobody in particular speaks. */
  person: string | undefined
  /** What else Kakao calls them. */
  appUserId: string | undefined
  isInGroup: boolean
  language: Language
  text: string
}

/** A question that somebody known by their chat asks. */
export interface Visit {
  person: string
  appUserId: string | undefined
  language: Language
  /** In this person's name, given up when nobody waits for the answer any more. */
  call: ReturnType<Chatbot['as']>['fetch']
  meal: ReturnType<typeof mealAs>
}

type Visitor = Pick<Visit, 'person' | 'appUserId' | 'language'>

export function visitOf(chatbot: Chatbot, visitor: Visitor, signal: AbortSignal): Visit {
  const as = chatbot.as(visitor.person)
  const call: Visit['call'] = (service, path, init) => as.fetch(service, path, { ...init, signal })
  return { ...visitor, call, meal: mealAs((path, init) => call('meal', path, init)) }
}
