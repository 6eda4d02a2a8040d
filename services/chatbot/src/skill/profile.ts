import type { Chatbot } from '@munjigi/chatbot-sdk/chatbot'
import { notLinked } from '@munjigi/chatbot-sdk/problems'
import { claimsOf, openTokens } from '@munjigi/chatbot-sdk/tokens-at-rest'
import type { UserMap } from '@munjigi/chatbot-sdk/user-map'
import type { Me } from '@munjigi/contracts/people'
import { Problem } from '@munjigi/problem'
import type { KeyRing } from '@munjigi/sealing/fernet'
import { readAnswer } from '../answer-of-service.ts'
import { type SkillAnswer, textAnswer } from '../kakao/skill-answer.ts'
import { dayOf } from '../local-time.ts'
import { texts } from './texts.ts'
import type { Visit } from './visit.ts'

interface Parts {
  chatbot: Chatbot
  userMap: UserMap
  sealing: KeyRing
}

export async function tellProfile(parts: Parts, visit: Visit): Promise<SkillAnswer> {
  const text = texts[visit.language]
  const name = (await nameAtPlatform(visit)) ?? (await nameInToken(parts, visit.person)) ?? text.nameless
  const link = await parts.chatbot.linkOf(visit.person)
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

/** The token's own claims: it was verified when it came. */
async function nameInToken({ userMap, sealing }: Parts, person: string): Promise<string | undefined> {
  const row = await userMap.findByChat(person)
  const tokens = row && openTokens(sealing, row)
  const { name, preferred_username } = (tokens && claimsOf(tokens.access_token)) ?? {}
  const told = [name, preferred_username].filter((claim) => typeof claim === 'string')
  if (told.length === 2) return `${told[0]} (${told[1]})`
  return told[0]
}
