import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { deadline } from '@munjigi/deadline'
import { Problem } from '@munjigi/problem'
import { loginUnavailable } from '../problems.ts'
import { claimedRefresh, type RefreshParts } from './claimed-refresh.ts'
import type { LoginMemory, PersonToken } from './login-memory.ts'
import { requireStored } from './stored-login.ts'

const DUE_MS = 60_000
/** Longer than discovery, the provider's 5 s and the storing together. */
const CLAIM_MS = 15_000
const OTHERS_RENEWAL_LIMIT_MS = 8_000
const LOOK_AGAIN_MS = 50

export interface Renewal {
  /**
   * A valid access token, renewed where 60 s or less are left or where it is the `refused` one.
   * @throws Problem `not-linked`, `login-ended` (the tokens are cleared), `login-disabled`, `login-misconfigured`, `login-unavailable`, `tokens-unreadable`
   */
  tokenOf(chatbotUser: string, refused?: string): Promise<PersonToken>
  /** Whether a real refresh works; false: the login has ended and the tokens are cleared. @throws Problem where that cannot be told now */
  isAlive(chatbotUser: string): Promise<boolean>
  /** Refreshes a login not used since then, whatever its access token; false where another does it or did. @throws as `tokenOf` */
  refreshIdle(chatbotUser: string, since: Date): Promise<boolean>
  /** When the renewals that callers wait for have finished. */
  settled(): Promise<void>
}

/** Renews logins, one refresh at a time for each, in this process and across all that share the user map. */
export function createRenewal({ memory, ...parts }: RefreshParts & { memory: LoginMemory }): Renewal {
  const { userMap, sealing, now } = parts
  const inFlight = new Map<string, Promise<PersonToken>>()
  const refreshClaimed = claimedRefresh(parts)
  const stored = (chatbotUser: string) => requireStored(userMap, sealing, chatbotUser)

  const isGood = (token: PersonToken, refused: string | undefined) =>
    token.access_token !== refused && token.expires_at - now() > DUE_MS

  /** The flight that is joined may end with the very token that is not wanted, stored by another process: then once more. */
  async function renewed(chatbotUser: string, stale: string): Promise<PersonToken> {
    const token = await renewOnce(chatbotUser, stale)
    return token.access_token === stale ? renewOnce(chatbotUser, stale) : token
  }

  function renewOnce(chatbotUser: string, stale: string): Promise<PersonToken> {
    const running = inFlight.get(chatbotUser)
    if (running) return running
    const started = renew(chatbotUser, stale).finally(() => inFlight.delete(chatbotUser))
    inFlight.set(chatbotUser, started)
    return started
  }

  async function renew(chatbotUser: string, stale: string): Promise<PersonToken> {
    const owner = randomUUID()
    let isLate = false
    const callOff = deadline(OTHERS_RENEWAL_LIMIT_MS, () => {
      isLate = true
    })
    try {
      while (!isLate) {
        const row = await userMap.claim(chatbotUser, owner, CLAIM_MS)
        // Another may have renewed between the last look and the claim.
        if (row) return await refreshClaimed(row, owner, (tokens) => tokens.access_token === stale)
        await delay(LOOK_AGAIN_MS * (1 + Math.random()))
        const token = await stored(chatbotUser)
        if (token.access_token !== stale) return token
      }
    } finally {
      callOff()
    }
    throw loginUnavailable()
  }

  return {
    async tokenOf(chatbotUser, refused) {
      const remembered = memory.find(chatbotUser)
      if (remembered && isGood(remembered, refused)) return remembered
      const token = await memory.remember(chatbotUser, () => stored(chatbotUser))
      return isGood(token, refused) ? token : renewed(chatbotUser, token.access_token)
    },
    async isAlive(chatbotUser) {
      try {
        await renewed(chatbotUser, (await stored(chatbotUser)).access_token)
        return true
      } catch (error) {
        if (error instanceof Problem && ['login-ended', 'not-linked'].includes(error.type)) return false
        throw error
      }
    },
    async refreshIdle(chatbotUser, since) {
      const owner = randomUUID()
      const row = await userMap.claim(chatbotUser, owner, CLAIM_MS)
      if (row === undefined) return false
      const isIdle = row.refreshed_at < since
      await refreshClaimed(row, owner, () => isIdle)
      return isIdle
    },
    async settled() {
      await Promise.allSettled(inFlight.values())
    },
  }
}
