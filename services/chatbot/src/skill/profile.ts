import type { Chatbot } from '@munjigi/chatbot-sdk/chatbot'
import { notLinked } from '@munjigi/chatbot-sdk/problems'
import type { Me } from '@munjigi/contracts/people'
import { Problem } from '@munjigi/problem'
import { readAnswer } from '../answer-of-service.ts'
import { type SkillAnswer, textAnswer } from '../kakao/skill-answer.ts'
import { dayOf } from '../local-time.ts'
import { texts } from './texts.ts'
import type { Visit } from './visit.ts'

interface Parts {
  chatbot: Chatbot
}

export async function tellProfile({ chatbot }: Parts, visit: Visit): Promise<SkillAnswer> {
  const text = texts[visit.language]
  const name = (await nameAtPlatform(visit)) ?? (await nameInToken(chatbot, visit.person)) ?? text.nameless
  const link = await chatbot.linkOf(visit.person)
  if (!link) throw notLinked()
  return textAnswer(text.profile(name, dayOf(link.linked_at.getTime())))
}

/** Undefined for somebody who only ever came through the IdP. */
async function nameAtPlatform({ call, language }: Visit): Promise<string | undefined> {
  try {
    const me = await readAnswer<Me>(await call('auth', '/v1/me'))
    const [name, department] = language === 'en' ? [me.username_en, me.deptname_en] : [me.username_kr, me.deptname_kr]
    return `${name || me.username_kr} (${me.user_id})${department === '' ? '' : `\n${department}`}`
  } catch (error) {
    if (error instanceof Problem && error.type === 'unknown-person') return undefined
    throw error
  }
}

async function nameInToken(chatbot: Chatbot, person: string): Promise<string | undefined> {
  const { name, preferred_username } = await chatbot.claimsOf(person)
  const told = [name, preferred_username].filter((claim) => typeof claim === 'string')
  if (told.length === 2) return `${told[0]} (${told[1]})`
  return told[0]
}
