import type { TokenAnswer } from '@munjigi/contracts/tokens'
import { ApiProblem, readProblem } from '../problem.ts'
import type { Arrival } from './arrival.ts'
import { authPost } from './auth-post.ts'
import { renewalDelayMs, retryDelayMs } from './delays.ts'
import { openTabs, type TabMessage } from './tabs.ts'
import { factsOf } from './token-facts.ts'

export type SignOutReason = 'never' | 'ended' | 'code-refused'
export type SessionState =
  | { phase: 'starting' }
  | { phase: 'signed-in'; sub: string }
  | { phase: 'signed-out'; reason: SignOutReason }
  | { phase: 'unreachable' }

interface Held {
  token: string
  endsAt: number
}

export type Session = ReturnType<typeof createSession>

/**
 * Holds the access token, in memory alone, and renews it by the refresh cookie: before it ends, at most once at a time
 * over all tabs of the browser. State changes are told to subscribers.
 */
export function createSession(fetch: typeof globalThis.fetch = globalThis.fetch.bind(globalThis)) {
  let state: SessionState = { phase: 'starting' }
  let held: Held | undefined
  let flight: Promise<boolean> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  const listeners = new Set<() => void>()
  const tabs = openTabs(hear)

  const post = authPost(fetch)

  function enter(next: SessionState) {
    state = next
    for (const listener of listeners) listener()
  }

  function hold(token: string, lifetimeMs: number): boolean {
    const facts = factsOf(token)
    if (facts === undefined) return false
    held = { token, endsAt: Date.now() + lifetimeMs }
    failures = 0
    renewIn(renewalDelayMs(lifetimeMs))
    if (state.phase !== 'signed-in' || state.sub !== facts.sub) enter({ phase: 'signed-in', sub: facts.sub })
    return true
  }

  function drop(reason: SignOutReason) {
    held = undefined
    clearTimeout(timer)
    enter({ phase: 'signed-out', reason: state.phase === 'starting' && reason === 'ended' ? 'never' : reason })
  }

  function hear(message: TabMessage) {
    if (message.kind === 'token') hold(message.token, message.lifetimeMs)
    else drop('ended')
  }

  function renewIn(delayMs: number) {
    clearTimeout(timer)
    timer = setTimeout(() => void refresh(), delayMs)
  }

  /** True when a token is held afterwards that was not held before. */
  function renew(): Promise<boolean> {
    const before = held
    return tabs.alone(async () => (held !== undefined && held !== before) || askForToken())
  }

  async function askForToken(): Promise<boolean> {
    const response = await post('refresh', {})
    if (response?.ok) return takeAnswer((await response.json()) as TokenAnswer)
    if (response?.status === 401 || response?.status === 403) drop('ended')
    else waitAndRetry()
    return false
  }

  async function takeAnswer({ access_token, expires_in }: TokenAnswer): Promise<boolean> {
    const lifetimeMs = expires_in * 1000
    const isHeld = hold(access_token, lifetimeMs)
    if (isHeld) await tabs.tell({ kind: 'token', token: access_token, lifetimeMs })
    return isHeld
  }

  function waitAndRetry() {
    if (held === undefined || held.endsAt <= Date.now()) enter({ phase: 'unreachable' })
    renewIn(retryDelayMs(failures))
    failures += 1
  }

  function refresh(): Promise<boolean> {
    flight ??= renew().finally(() => {
      flight = undefined
    })
    return flight
  }

  async function exchange(code: string): Promise<void> {
    const response = await post('exchange', { code })
    if (response?.ok && (await takeAnswer((await response.json()) as TokenAnswer))) return
    const isRefused = response !== undefined && !response.ok && (await readProblem(response)).status < 500
    await refresh()
    if (isRefused && state.phase === 'signed-out') enter({ phase: 'signed-out', reason: 'code-refused' })
  }

  async function enterByPassword(email: string, password: string): Promise<ApiProblem | undefined> {
    const response = await post('login', { email, password, delivery: 'cookie' })
    if (!response?.ok) return refusalOf(response)
    const isHeld = await takeAnswer((await response.json()) as TokenAnswer)
    return isHeld ? undefined : new ApiProblem(response.status, 'unknown')
  }

  return {
    /** What the address brought goes before the session that the cookie may still hold. */
    async start({ token, code }: Arrival): Promise<void> {
      const lifetimeMs = token === undefined ? undefined : factsOf(token)?.lifetimeMs
      if (token !== undefined && lifetimeMs !== undefined) hold(token, lifetimeMs)
      else if (code !== undefined) await exchange(code)
      else await refresh()
    },
    /** The token to send now; renewed first if it has ended, as after a sleep. */
    async token(): Promise<string | undefined> {
      if (held !== undefined && held.endsAt <= Date.now()) await refresh()
      return held?.token
    },
    refresh,
    /** In its turn: a refresh of another tab that is refused meanwhile would take the new cookie away. */
    signIn: (email: string, password: string) => tabs.alone(() => enterByPassword(email, password)),
    /** Sets the password that a link is for; whoever signed in by the old one is signed out everywhere. */
    async setPassword(resetToken: string, password: string): Promise<ApiProblem | undefined> {
      const response = await post('password-reset', { token: resetToken, new_password: password })
      return response?.ok ? undefined : refusalOf(response)
    },
    /** The page goes on to the sign-out of the gateway; the other tabs learn it here. */
    tellSignedOut: () => void tabs.tell({ kind: 'signed-out' }),
    state: () => state,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close() {
      clearTimeout(timer)
      tabs.close()
    },
  }
}

const refusalOf = async (response: Response | undefined): Promise<ApiProblem> =>
  response === undefined ? new ApiProblem(503, 'unreachable') : readProblem(response)
