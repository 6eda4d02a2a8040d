import { setTimeout as delay } from 'node:timers/promises'
import { Problem } from '@munjigi/problem'
import type { IdleMapping, UserMap } from '../user-map.ts'
import { isClientRefused } from './refusal.ts'
import type { Renewal } from './renewal.ts'

/** Ten days before Keycloak ends an offline session that nobody uses. */
const IDLE_MS = 20 * 24 * 60 * 60_000
const PAGE = 500
const IN_FLIGHT = 20
const JITTER_MS = 100
const OUTAGES_IN_A_ROW = 20

/** How many idle logins came to what; `elsewhere` were another process's, or gone; not complete where the run was stopped. */
export interface KeepAliveOutcome {
  renewed: number
  ended: number
  disabled: number
  misconfigured: number
  unavailable: number
  unreadable: number
  elsewhere: number
  is_complete: boolean
}

interface KeepAliveParts {
  userMap: Pick<UserMap, 'listIdle'>
  renewal: Pick<Renewal, 'refreshIdle'>
  now: () => number
}

type Outcome = Exclude<keyof KeepAliveOutcome, 'is_complete'>

const OUTCOMES: Record<string, Outcome> = {
  'login-ended': 'ended',
  'login-disabled': 'disabled',
  'login-misconfigured': 'misconfigured',
  'login-unavailable': 'unavailable',
  'tokens-unreadable': 'unreadable',
  'not-linked': 'elsewhere',
}

/**
 * Refreshes every login that nobody used for 20 days, 20 at once. It stops early where the provider refuses this client or does
 * not answer: whoever is left stays due.
 */
export async function keepAlive(
  { userMap, renewal, now }: KeepAliveParts,
  signal: AbortSignal | undefined,
): Promise<KeepAliveOutcome> {
  const since = new Date(now() - IDLE_MS)
  const due = idleMappings(userMap, since)
  const counts = { renewed: 0, ended: 0, disabled: 0, misconfigured: 0, unavailable: 0, unreadable: 0, elsewhere: 0 }
  let outages = 0
  let isStopped = false

  function failed(error: unknown): Outcome {
    isStopped ||= error instanceof Problem && isClientRefused(error.cause)
    return outcomeOf(error)
  }

  async function refresh(chatbotUser: string): Promise<void> {
    const isRenewed = renewal.refreshIdle(chatbotUser, since)
    const outcome = await isRenewed.then((is): Outcome => (is ? 'renewed' : 'elsewhere'), failed)
    counts[outcome] += 1
    outages = outcome === 'unavailable' ? outages + 1 : 0
    isStopped ||= outages >= OUTAGES_IN_A_ROW
  }

  async function work(): Promise<void> {
    for await (const chatbotUser of due) {
      if (isStopped || signal?.aborted) break
      // So that processes that began together part.
      await delay(Math.random() * JITTER_MS)
      await refresh(chatbotUser)
    }
  }

  const workers = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, work))
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
  return { ...counts, is_complete: !isStopped && signal?.aborted !== true }
}

/** @throws what is no refusal of one person's login, for example an outage of the user map */
function outcomeOf(error: unknown): Outcome {
  const outcome = error instanceof Problem ? OUTCOMES[error.type] : undefined
  if (outcome === undefined) throw error
  return outcome
}

/** Page by page, each in an order of its own, so that processes seldom meet at one person. */
async function* idleMappings(userMap: Pick<UserMap, 'listIdle'>, since: Date): AsyncGenerator<string> {
  let after: IdleMapping | undefined
  do {
    const page = await userMap.listIdle(since, PAGE, after)
    after = page.at(-1)
    for (const { kakao_id } of shuffled(page)) yield kakao_id
  } while (after !== undefined)
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const left = [...items]
  return items.map(() => left.splice(Math.floor(Math.random() * left.length), 1)[0] as Item)
}
