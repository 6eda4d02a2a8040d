import type { Store } from '@munjigi/store/store'
import type { UserMap } from '../user-map.ts'
import type { LoginMemory } from './login-memory.ts'

const CHANNEL = 'munjigi:links'

/** The same user map, whose every change is felt at once in this process's memory and, by message, in the others'. */
export function announcedUserMap(userMap: UserMap, memory: LoginMemory, store: Store): UserMap {
  async function announced<Result>(chatbotUser: string, change: Promise<Result>): Promise<Result> {
    try {
      return await change
    } finally {
      memory.drop(chatbotUser)
      // Without the message others remember what was for 5 s at most.
      store.publish(CHANNEL, chatbotUser).catch(() => {})
    }
  }
  return {
    findByChat: (chatbotUser) => userMap.findByChat(chatbotUser),
    findBySub: (sub) => userMap.findBySub(sub),
    link: (link) => announced(link.kakao_id, userMap.link(link)),
    rebind: (link, formerSub) => announced(link.kakao_id, userMap.rebind(link, formerSub)),
    claim: (chatbotUser, owner, ms) => userMap.claim(chatbotUser, owner, ms),
    storeTokens: (chatbotUser, owner, tokens) =>
      announced(chatbotUser, userMap.storeTokens(chatbotUser, owner, tokens)),
    clearTokens: (chatbotUser, owner) => announced(chatbotUser, userMap.clearTokens(chatbotUser, owner)),
    release: (chatbotUser, owner) => userMap.release(chatbotUser, owner),
    endLogin: (chatbotUser, loginId) => announced(chatbotUser, userMap.endLogin(chatbotUser, loginId)),
    remove: (chatbotUser) => announced(chatbotUser, userMap.remove(chatbotUser)),
    listIdle: (before, limit, after) => userMap.listIdle(before, limit, after),
  }
}

/** Drops what others announce, and everything at each (re)subscription, before which messages may have been lost. */
export const heedAnnouncements = (store: Store, memory: LoginMemory) =>
  store.subscribe(CHANNEL, { message: (chatbotUser) => memory.drop(chatbotUser), ready: () => memory.empty() })
