import { setTimeout as delay } from 'node:timers/promises'
import { ProviderError } from '@munjigi/identity/openid-provider'
import type { KeyRing } from '@munjigi/sealing/fernet'
import type { ChatbotEvent } from '../events.ts'
import { loginDisabled, loginEnded, loginMisconfigured, loginUnavailable } from '../problems.ts'
import type { Provider, RefreshAnswer } from '../provider.ts'
import { claimsOf } from '../token-claims.ts'
import { type OpenedTokens, sealTokens } from '../tokens-at-rest.ts'
import type { SealedTokens, UserMap, UserMapRow } from '../user-map.ts'
import type { PersonToken } from './login-memory.ts'
import { failureOf } from './refusal.ts'
import { personToken, requireStored, requireTokens } from './stored-login.ts'

const STORE_TRIES = 3
const STORE_AGAIN_MS = 500

export interface RefreshParts {
  userMap: UserMap
  sealing: KeyRing
  provider: Pick<Provider, 'refresh'>
  now: () => number
  emit: (event: ChatbotEvent) => void
}

const failures = {
  ended: loginEnded,
  disabled: loginDisabled,
  misconfigured: loginMisconfigured,
  unavailable: loginUnavailable,
}

/**
 * What the owner of a claim does: refreshes the login where that is still due, stores what came or clears what is over, and gives
 * the claim back. What is given is the token in the row from then on, whoever put it there.
 */
export function claimedRefresh({ userMap, sealing, provider, now, emit }: RefreshParts) {
  /** What came and could not be stored, while the row still holds what it came for: the IdP may not give it twice. */
  const unsaved = new Map<string, { instead: string | null; sealed: SealedTokens }>()

  async function refresh(row: UserMapRow, owner: string, tokens: OpenedTokens): Promise<PersonToken> {
    const kept = unsaved.get(row.kakao_id)
    const sealed = kept?.instead === row.refresh_token ? kept.sealed : await ask(row, owner, tokens)
    if (sealed === undefined) return replacement(row, tokens)
    unsaved.set(row.kakao_id, { instead: row.refresh_token, sealed })
    const isStored = await store(row.kakao_id, owner, sealed)
    unsaved.delete(row.kakao_id)
    if (!isStored) return replacement(row, tokens)
    emit({ kind: 'refresh', outcome: 'renewed' })
    return personToken(row, requireTokens(sealing, { ...row, ...sealed }))
  }

  /** Undefined where the login that failed is no longer the one in the row. */
  async function ask(row: UserMapRow, owner: string, tokens: OpenedTokens): Promise<SealedTokens | undefined> {
    const answer = await provider.refresh(tokens.refresh_token).catch((error) => failed(error, row, owner))
    if (answer === undefined) return undefined
    const { access_token, refresh_token = tokens.refresh_token, refresh_expires_in } = answer
    const given = { access_token, refresh_token, expires_in: lifetimeOf(answer), refresh_expires_in }
    try {
      return sealTokens(sealing, row.keycloak_sub, given, now())
    } catch (cause) {
      emit({ kind: 'refresh', outcome: 'misconfigured', reason: 'the answer holds no tokens of this person' })
      throw loginMisconfigured(cause)
    }
  }

  async function failed(error: unknown, row: UserMapRow, owner: string): Promise<undefined> {
    if (!(error instanceof ProviderError)) throw error
    const outcome = failureOf(error)
    emit({ kind: 'refresh', outcome, reason: error.message })
    if (outcome === 'ended' && !(await userMap.clearTokens(row.kakao_id, owner))) return undefined
    throw failures[outcome](error)
  }

  /** What was put in the row by whoever took the claim or linked the chat anew. */
  async function replacement(row: UserMapRow, old: OpenedTokens): Promise<PersonToken> {
    const token = await requireStored(userMap, sealing, row.kakao_id)
    if (token.access_token === old.access_token) throw loginUnavailable()
    return token
  }

  /** Tried again: this may be the only copy of a refresh token that has taken the other's place. */
  async function store(
    chatbotUser: string,
    owner: string,
    tokens: SealedTokens,
    tries = STORE_TRIES,
  ): Promise<boolean> {
    try {
      return await userMap.storeTokens(chatbotUser, owner, tokens)
    } catch (error) {
      if (tries === 1) throw error
      await delay(STORE_AGAIN_MS)
      return store(chatbotUser, owner, tokens, tries - 1)
    }
  }

  return async (row: UserMapRow, owner: string, isDue: (tokens: OpenedTokens) => boolean): Promise<PersonToken> => {
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
}

/** In seconds, which our clock counts from now on: the token's own times are the provider's clock's. */
function lifetimeOf({ access_token, expires_in }: RefreshAnswer): number {
  if (expires_in !== undefined) return expires_in
  const { exp, iat } = claimsOf(access_token) ?? {}
  return Number(exp) - Number(iat) || 0
}
