import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ProviderError } from '@munjigi/identity/openid-provider'
import { Problem } from '@munjigi/problem'
import type { KeyRing } from '@munjigi/sealing/fernet'
import type { ChatbotEvent } from './events.ts'
import type { LoginMemory, PersonToken } from './login-memory.ts'
import { loginDisabled, loginEnded, loginMisconfigured, loginUnavailable, notLinked } from './problems.ts'
import type { Provider, RefreshAnswer } from './provider.ts'
import { failureOf } from './refusal.ts'
import { claimsOf, type OpenedTokens, openTokens, sealTokens } from './tokens-at-rest.ts'
import type { SealedTokens, UserMap, UserMapRow } from './user-map.ts'

const DUE_MS = 60_000
/** Longer than discovery, the provider's 5 s and the storing together. */
const CLAIM_MS = 15_000
const OTHERS_RENEWAL_LIMIT_MS = 8_000
const LOOK_AGAIN_MS = 50
const STORE_TRIES = 3
const STORE_AGAIN_MS = 500

export interface Renewal {
  /**
   * A valid access token, renewed where 60 s or less are left or where it is the `refused` one.
   * @throws Problem `not-linked`, `login-ended` (the tokens are cleared), `login-disabled`, `login-misconfigured`, `login-unavailable`, `tokens-unreadable`
   */
  tokenOf(kakaoId: string, refused?: string): Promise<PersonToken>
  /** Whether a real refresh works; false: the login has ended and the tokens are cleared. @throws Problem where that cannot be told now */
  isAlive(kakaoId: string): Promise<boolean>
  /** Refreshes a login not used since then, whatever its access token; false where another does it or did. @throws as `tokenOf` */
  refreshIdle(kakaoId: string, since: Date): Promise<boolean>
  /** When the renewals that callers wait for have finished. */
  settled(): Promise<void>
}

interface RenewalParts {
  userMap: UserMap
  memory: LoginMemory
  sealing: KeyRing
  provider: Provider
  now: () => number
  emit: (event: ChatbotEvent) => void
}

const failures = {
  ended: loginEnded,
  disabled: loginDisabled,
  misconfigured: loginMisconfigured,
  unavailable: loginUnavailable,
}

/** Renews logins, one refresh at a time for each, in this process and across all that share the user map. */
export function renewal({ userMap, memory, sealing, provider, now, emit }: RenewalParts): Renewal {
  const inFlight = new Map<string, Promise<PersonToken>>()

  const isGood = (token: PersonToken, refused: string | undefined) =>
    token.access_token !== refused && token.expires_at - now() > DUE_MS

  async function stored(kakaoId: string): Promise<PersonToken> {
    const row = await userMap.findByChat(kakaoId)
    if (row === undefined) throw notLinked()
    return personToken(row, requireTokens(sealing, row))
  }

  /** The flight that is joined may end with the very token that is not wanted, stored by another process: then once more. */
  async function renewed(kakaoId: string, stale: string): Promise<PersonToken> {
    const token = await renewOnce(kakaoId, stale)
    return token.access_token === stale ? renewOnce(kakaoId, stale) : token
  }

  function renewOnce(kakaoId: string, stale: string): Promise<PersonToken> {
    const running = inFlight.get(kakaoId)
    if (running) return running
    const started = renew(kakaoId, stale).finally(() => inFlight.delete(kakaoId))
    inFlight.set(kakaoId, started)
    return started
  }

  async function renew(kakaoId: string, stale: string): Promise<PersonToken> {
    const owner = randomUUID()
    const limit = performance.now() + OTHERS_RENEWAL_LIMIT_MS
    while (performance.now() < limit) {
      const row = await userMap.claim(kakaoId, owner, CLAIM_MS)
      if (row) return asOwner(row, owner, (tokens) => tokens.access_token === stale)
      await delay(LOOK_AGAIN_MS * (1 + Math.random()))
      const token = await stored(kakaoId)
      if (token.access_token !== stale) return token
    }
    throw loginUnavailable()
  }

  /** Looks again once the claim is held: another may have renewed between the last look and the claim. */
  async function asOwner(row: UserMapRow, owner: string, isDue: (tokens: OpenedTokens) => boolean) {
    try {
      const tokens = requireTokens(sealing, row)
      if (isDue(tokens)) return await refresh(row, owner, tokens)
      await userMap.release(row.kakao_id, owner)
      return personToken(row, tokens)
    } catch (error) {
      // A claim that cannot be given back ends by itself.
      await userMap.release(row.kakao_id, owner).catch(() => {})
      throw error
    }
  }

  async function refresh(row: UserMapRow, owner: string, tokens: OpenedTokens): Promise<PersonToken> {
    const answer = await provider.refresh(tokens.refresh_token).catch((error) => failed(error, row, owner))
    if (answer === undefined) return replacement(row, tokens)
    const given = {
      ...answer,
      refresh_token: answer.refresh_token ?? tokens.refresh_token,
      expires_in: lifetimeOf(answer),
    }
    const sealed = sealTokens(sealing, row.keycloak_sub, given, now())
    if (!(await store(row.kakao_id, owner, sealed))) return replacement(row, tokens)
    emit({ kind: 'refresh', outcome: 'renewed' })
    return {
      sub: row.keycloak_sub,
      access_token: given.access_token,
      expires_at: sealed.access_token_expires_at.getTime(),
    }
  }

  /** Undefined where the login that failed is no longer the one in the row. */
  async function failed(error: unknown, row: UserMapRow, owner: string): Promise<undefined> {
    if (!(error instanceof ProviderError)) throw error
    const outcome = failureOf(error)
    emit({ kind: 'refresh', outcome, reason: error.message })
    if (outcome === 'ended' && !(await userMap.clearTokens(row.kakao_id, owner))) return undefined
    throw failures[outcome](error)
  }

  /** What was put in the row by whoever took the claim or linked the chat anew. */
  async function replacement(row: UserMapRow, old: OpenedTokens): Promise<PersonToken> {
    const token = await stored(row.kakao_id)
    if (token.access_token === old.access_token) throw loginUnavailable()
    return token
  }

  /** Tried again: this may be the only copy of a refresh token that has taken the other's place. */
  async function store(kakaoId: string, owner: string, tokens: SealedTokens, tries = STORE_TRIES): Promise<boolean> {
    try {
      return await userMap.storeTokens(kakaoId, owner, tokens)
    } catch (error) {
      if (tries === 1) throw error
      await delay(STORE_AGAIN_MS)
      return store(kakaoId, owner, tokens, tries - 1)
    }
  }

  return {
    async tokenOf(kakaoId, refused) {
      const remembered = memory.find(kakaoId)
      if (remembered && isGood(remembered, refused)) return remembered
      const token = await memory.remember(kakaoId, () => stored(kakaoId))
      return isGood(token, refused) ? token : renewed(kakaoId, token.access_token)
    },
    async isAlive(kakaoId) {
      try {
        await renewed(kakaoId, (await stored(kakaoId)).access_token)
        return true
      } catch (error) {
        if (error instanceof Problem && ['login-ended', 'not-linked'].includes(error.type)) return false
        throw error
      }
    },
    async refreshIdle(kakaoId, since) {
      const owner = randomUUID()
      const row = await userMap.claim(kakaoId, owner, CLAIM_MS)
      if (row === undefined) return false
      const isIdle = row.refreshed_at < since
      await asOwner(row, owner, () => isIdle)
      return isIdle
    },
    async settled() {
      await Promise.allSettled(inFlight.values())
    },
  }
}

function requireTokens(sealing: KeyRing, row: UserMapRow): OpenedTokens {
  const tokens = openTokens(sealing, row)
  if (tokens === undefined) throw loginEnded()
  return tokens
}

const personToken = (row: UserMapRow, { access_token, expires_at }: OpenedTokens): PersonToken => ({
  sub: row.keycloak_sub,
  access_token,
  expires_at,
})

/** In seconds, which our clock counts from now on: the token's own times are the provider's clock's. */
function lifetimeOf({ access_token, expires_in }: RefreshAnswer): number {
  if (expires_in !== undefined) return expires_in
  const { exp, iat } = claimsOf(access_token) ?? {}
  return Number(exp) - Number(iat) || 0
}
