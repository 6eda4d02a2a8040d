import type { Chatbot } from '@munjigi/chatbot-sdk/chatbot'
import { linkAnswer, type SkillAnswer, textAnswer } from '../kakao/skill-answer.ts'
import { texts } from './texts.ts'
import type { Visit } from './visit.ts'

type Asked = Pick<Visit, 'person' | 'appUserId' | 'language'>
interface Parts {
  chatbot: Chatbot
  loginImageUrl: string | undefined
}

/** A card with a login link of this person's own: never to be shown where others read along. */
export async function offerLogin({ chatbot, loginImageUrl }: Parts, asked: Asked): Promise<SkillAnswer> {
  const { person, appUserId, language } = asked
  const { login_link } = await chatbot.issueLoginLink({
    chatbotUserId: person,
    ...(appUserId !== undefined && { messengerUserId: appUserId }),
  })
  const { loginTitle, loginDescription, loginButton } = texts[language]
  return linkAnswer({
    title: loginTitle,
    description: loginDescription,
    label: loginButton,
    url: login_link,
    imageUrl: loginImageUrl,
  })
}

export async function logIn(parts: Parts, visit: Asked): Promise<SkillAnswer> {
  const link = await parts.chatbot.linkOf(visit.person)
  if (!link?.is_alive) return offerLogin(parts, visit)
  const { linkedAlready, buttons } = texts[visit.language]
  return textAnswer(linkedAlready, [[buttons.menus, '오늘 메뉴']])
}

export async function logOut({ chatbot }: Parts, { person, language }: Asked): Promise<SkillAnswer> {
  const { loggedOut, notLinked, buttons } = texts[language]
  const wasLinked = await chatbot.unlink(person)
  return textAnswer(wasLinked ? loggedOut : notLinked, [[buttons.login, '로그인']])
}
