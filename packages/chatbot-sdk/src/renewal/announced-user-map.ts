import type { Store } from '@munjigi/store/store'
import type { UserMap } from '../user-map.ts'
import type { LoginMemory } from './login-memory.ts'

const CHANNEL = 'munjigi:links'

/** The same user map, whose every change is felt at once in this process's memory and, by message, in the others'. */
export function announcedUserMap(userMap: UserMap, memory: LoginMemory, store: Store): UserMap {
  async function announced<Result>(kakaoId: string, change: Promise<Result>): Promise<Result> {
    try {
      return await change
    } finally {
      memory.drop(kakaoId)
      // Without the message others remember what was for 5 s at most.
      store.publish(CHANNEL, kakaoId).catch(() => {})
    }
  }
  return {
    findByChat: (kakaoId) => userMap.findByChat(kakaoId),
    findBySub: (sub) => userMap.findBySub(sub),
    link: (link) => announced(link.kakao_id, userMap.link(link)),
    rebind: (link, formerSub) => announced(link.kakao_id, userMap.rebind(link, formerSub)),
    claim: (kakaoId, owner, ms) => userMap.claim(kakaoId, owner, ms),
    storeTokens: (kakaoId, owner, tokens) => announced(kakaoId, userMap.storeTokens(kakaoId, owner, tokens)),
    clearTokens: (kakaoId, owner) => announced(kakaoId, userMap.clearTokens(kakaoId, owner)),
    release: (kakaoId, owner) => userMap.release(kakaoId, owner),
    endLogin: (kakaoId, loginId) => announced(kakaoId, userMap.endLogin(kakaoId, loginId)),
    remove: (kakaoId) => announced(kakaoId, userMap.remove(kakaoId)),
    listIdle: (before, limit, after) => userMap.listIdle(before, limit, after),
  }
}

/** Drops what others announce, and everything at each (re)subscription, before which messages may have been lost. */
export const heedAnnouncements = (store: Store, memory: LoginMemory) =>
  store.subscribe(CHANNEL, { message: (kakaoId) => memory.drop(kakaoId), ready: () => memory.empty() })
