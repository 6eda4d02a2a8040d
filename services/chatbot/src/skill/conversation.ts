import type { Chatbot } from '@munjigi/chatbot-sdk/chatbot'
import { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger } from 'fastify'
import type { KakaoPeople } from '../kakao/people.ts'
import { type SkillAnswer, textAnswer } from '../kakao/skill-answer.ts'
import { dayOf } from '../local-time.ts'
import type { Subscriptions } from '../notices/subscriptions.ts'
import { failureText, isForLogin } from './failures.ts'
import { logIn, logOut, offerLogin } from './login.ts'
import { addMenu, tellMenus } from './menus.ts'
import { subscribe, unsubscribe } from './notice-wishes.ts'
import { tellProfile } from './profile.ts'
import { type Language, texts } from './texts.ts'
import { type Utterance, understand } from './utterances.ts'
import { type Said, type Visit, visitOf } from './visit.ts'

export interface ConversationParts {
  chatbot: Chatbot
  subscriptions: Subscriptions
  people: KakaoPeople
  noticesAt: string | undefined
  loginImageUrl: string | undefined
  now: () => number
}

/** Answers what was said; whatever happens, with something that can be said. */
export type Converse = (said: Said, signal: AbortSignal, log: FastifyBaseLogger) => Promise<SkillAnswer>

export function conversation(parts: ConversationParts): Converse {
  async function answerTo(wish: Exclude<Utterance, { kind: 'help' }>, visit: Visit): Promise<SkillAnswer> {
    // Before anything else: no link is given to somebody whom an unlink notice would not find.
    if (visit.appUserId !== undefined) await parts.people.remember(visit.person, visit.appUserId)
    switch (wish.kind) {
      case 'login':
        return logIn(parts, visit)
      case 'logout':
        return logOut(parts, visit)
      case 'profile':
        return tellProfile(parts, visit)
      case 'menus':
        return tellMenus(visit, dayOf(parts.now()))
      case 'new-menu':
        return addMenu(visit, wish.words, dayOf(parts.now()))
      case 'subscribe':
        return subscribe(parts, visit)
      case 'unsubscribe':
        return unsubscribe(parts, visit)
    }
  }

  return async ({ person, appUserId, isInGroup, language, text }, signal, log) => {
    const { inGroup } = texts[language]
    const wish = understand(text)
    // The day's menus are for everybody; all else is a person's own and not for a group to read.
    if (person === undefined || (isInGroup && wish.kind !== 'menus')) return textAnswer(inGroup)
    const visit = visitOf(parts.chatbot, { person, appUserId, language }, signal)
    const failed = (error: unknown) => {
      const isRefusal = error instanceof Problem && error.status < 500
      if (isRefusal) log.info({ problem: error.type, wish: wish.kind }, 'question refused')
      else log.warn({ err: error, wish: wish.kind }, 'question not answered')
      return textAnswer(isRefusal && isInGroup ? inGroup : failureText(error, language))
    }
    try {
      return wish.kind === 'help' ? helpIn(language) : await answerTo(wish, visit)
    } catch (error) {
      return isForLogin(error) && !isInGroup ? offerLogin(parts, visit).catch(failed) : failed(error)
    }
  }
}

function helpIn(language: Language): SkillAnswer {
  const { help, buttons } = texts[language]
  return textAnswer(help, [
    [buttons.login, '로그인'],
    [buttons.menus, '오늘 메뉴'],
    [buttons.profile, '내 정보'],
    [buttons.subscribe, '메뉴 알림 켜기'],
  ])
}
