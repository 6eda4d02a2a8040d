import type { TokenExchange } from '@munjigi/contracts/access'
import type { VerifiedToken } from '@munjigi/identity/verified-token'
import type { Verifier } from '@munjigi/identity/verifier'
import { Problem } from '@munjigi/problem'
import { networkOf, siteOf } from '@munjigi/server/network'
import { Turns } from '@munjigi/turns'
import { FairLine } from '@munjigi/turns/fair-line'
import { accessUnknown } from '../problems.ts'
import { type KnownAccess, personName } from './access-records.ts'
import { createFlights } from './flights.ts'
import { unknownCredential } from './problems.ts'
import { UnknownKeys } from './unknown-keys.ts'
import type { UserService } from './user-service.ts'

const MAX_REMEMBERED = 10_000
const RENEW_BEFORE_END_MS = 30_000
/** So that a flood of invented keys takes user's time neither from people with good tokens nor from those with good keys. */
const NEW_KEYS = { atOnce: 8, waiting: { most: 1_000, refusal: accessUnknown } }
/** Callers have been answered by then; waiting on would keep the place from somebody else. */
const TURN_PATIENCE = { ms: 900, refusal: accessUnknown }
const API_KEY = /^mj_[\x21-\x7e]{1,252}$/

/** The name of an API key in messages about changes. */
export const keyName = (keyId: string): string => `key\n${keyId}`

export interface Exchanges {
  /**
   * The platform token user gives for a credential that came from `address`; with `access`, one that carries the rights of
   * that record.
   * @throws Problem 401 or 403 as user refuses it, 503 `access-unknown`
   */
  find(credential: TokenExchange, address: string, access?: KnownAccess): Promise<VerifiedToken>
  /** Forgets the tokens of these names or, given undefined, all of them and which keys are unknown. */
  drop(names: readonly string[] | undefined): void
}

interface Exchanged {
  readonly token: VerifiedToken
  readonly names: readonly string[]
  readonly askedAt: number
  readonly endsAt: number
}

interface ExchangesDeps {
  user: UserService
  verifier: Verifier
  now?: () => number
}

/** Tokens exchanged at user (DESIGN §4.6), remembered until 30 s before their end or the next change of the person. */
export function createExchanges({ user, verifier, now = () => performance.now() }: ExchangesDeps): Exchanges {
  const kept = new Map<string, Exchanged>()
  const unknownKeys = new UnknownKeys(now)
  const newKeys = new Turns(NEW_KEYS.atOnce, new FairLine(NEW_KEYS.waiting))
  const flights = createFlights<Exchanged>({ namesOf: ({ names }) => names, keep, now })

  function keep(id: string, exchanged: Exchanged) {
    kept.delete(id)
    kept.set(id, exchanged)
    if (kept.size > MAX_REMEMBERED) kept.delete(kept.keys().next().value as string)
  }

  async function ask(credential: TokenExchange): Promise<Exchanged> {
    const askedAt = now()
    const answer = await user.exchange(credential)
    const token = verifier.remembered(answer.access_token) ?? (await verify(answer.access_token))
    if (!token.issuer.isPlatform || token.clientId !== undefined || token.sub !== answer.sub) throw accessUnknown()
    const names = [personName(token.issuer.issuer, token.sub)]
    if (answer.key_id !== undefined) names.push(keyName(answer.key_id))
    const lifeMs = answer.expires_in * 1000
    // Half its life at most: a token that lives for less than a minute would otherwise be renewed at each request.
    return { token, names, askedAt, endsAt: askedAt + lifeMs - Math.min(RENEW_BEFORE_END_MS, lifeMs / 2) }
  }

  async function verify(token: string): Promise<VerifiedToken> {
    try {
      return await verifier.verify(token)
    } catch (error) {
      // If user's own token does not verify, that is not the caller's fault.
      throw error instanceof Problem && error.status === 503 ? error : accessUnknown(error)
    }
  }

  async function askForKey(credential: { api_key: string }, address: string): Promise<Exchanged> {
    const { api_key } = credential
    const wasGood = kept.has(api_key)
    if (!wasGood && (!API_KEY.test(api_key) || unknownKeys.has(api_key))) throw unknownCredential()
    try {
      return await (wasGood ? ask(credential) : askInTurn(credential, siteOf(networkOf(address))))
    } catch (error) {
      if (!(error instanceof Problem && error.type === 'unknown-credential')) throw error
      kept.delete(api_key)
      unknownKeys.add(api_key)
      throw unknownCredential()
    }
  }

  async function askInTurn(credential: TokenExchange, origin: string): Promise<Exchanged> {
    const pass = await newKeys.take(origin, TURN_PATIENCE)
    try {
      return await ask(credential)
    } finally {
      pass()
    }
  }

  return {
    async find(credential, address, access) {
      const id = idOf(credential)
      const known = kept.get(id)
      if (known !== undefined && now() < known.endsAt && isCurrent(known, access)) return known.token
      const question = () => ('api_key' in credential ? askForKey(credential, address) : ask(credential))
      return (await flights.fly(id, access?.receivedAt ?? 0, question)).token
    },
    drop(names) {
      flights.overtake(names)
      if (names === undefined) unknownKeys.clear()
      for (const [id, exchanged] of kept)
        if (names === undefined || exchanged.names.some((name) => names.includes(name))) kept.delete(id)
    },
  }
}

/** A token issued in the very second in which rights changed counts as current only if it was asked for after the record came. */
function isCurrent({ token, askedAt }: Exchanged, access: KnownAccess | undefined): boolean {
  if (access?.record === undefined) return true
  const { valid_from, rights_changed_at } = access.record
  return token.iat >= valid_from && (token.iat > rights_changed_at || askedAt >= access.receivedAt)
}

const idOf = (credential: TokenExchange): string =>
  'api_key' in credential
    ? credential.api_key
    : 'act_for' in credential
      ? `${credential.token}\n${credential.module}\n${credential.act_for}`
      : credential.token
