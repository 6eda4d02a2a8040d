import type { ServiceAccount } from '@munjigi/chatbot-sdk/service-account'
import { Problem } from '@munjigi/problem'
import type { FastifyBaseLogger } from 'fastify'
import type { EventApi, Telling } from '../kakao/event-api.ts'
import { dayOf, minuteOfDay, minutesOf } from '../local-time.ts'
import { mealAs } from '../meal.ts'
import type { NoticeOutcome } from '../metrics.ts'
import { type DaysMenus, noticeText } from './notice-text.ts'
import type { Subscriber, Subscriptions } from './subscriptions.ts'

/** A menu that is entered late, or a house that stood still, still reaches people before the day is over for them. */
const SENT_WITHIN_MINUTES = 180
const AT_ONCE = 10
const MEAL_ANSWERS_WITHIN_MS = 3_000
/** user's answers about people whom it does not know, or for whom nobody may act. */
const UNKNOWN_OR_REFUSED = new Set(['unknown-person', 'acting-refused'])

interface NoticeParts {
  /** HH:MM in Korea. */
  at: string
  account: ServiceAccount
  subscriptions: Subscriptions
  eventApi: EventApi
  now: () => number
  countNotice: (outcome: NoticeOutcome) => void
  log: FastifyBaseLogger
}

/** Looks whether it is time, and tells those who asked and were not told today, each once. */
export function noticeJob({ at, account, subscriptions, eventApi, now, countNotice, log }: NoticeParts) {
  const callerAs = (actFor?: string) =>
    mealAs((path, init) => {
      const signal = AbortSignal.timeout(MEAL_ANSWERS_WITHIN_MS)
      return account.fetch('meal', path, { ...init, signal, ...(actFor !== undefined && { actFor }) })
    })

  /** Undefined where it is no longer wanted. */
  async function tell(subscriber: Subscriber, today: DaysMenus): Promise<Telling | undefined> {
    try {
      const administered = await administeredBy(callerAs(subscriber.keycloak_sub))
      // Asked last: meanwhile they may have signed out, or the chat gone to another person.
      if (!(await subscriptions.isWanted(subscriber))) return undefined
      return await eventApi.tell(subscriber.kakao_id, noticeText(today, administered))
    } catch (cause) {
      return { outcome: 'failed', cause }
    }
  }

  async function tellOne(subscriber: Subscriber, today: DaysMenus): Promise<void> {
    const telling = await tell(subscriber, today)
    if (telling === undefined) return
    const { outcome, cause } = telling
    if (outcome === 'failed') await subscriptions.release(subscriber.kakao_id, today.day)
    if (outcome !== 'told') log.warn({ err: cause, outcome, subject: subscriber.keycloak_sub }, 'notice not sent')
    countNotice(outcome)
  }

  return async (signal: AbortSignal): Promise<void> => {
    const minutes = minuteOfDay(now()) - minutesOf(at)
    if (minutes < 0 || minutes >= SENT_WITHIN_MINUTES) return
    const day = dayOf(now())
    const meal = callerAs()
    const menus = await meal.listMenus(day)
    if (menus.menus.length === 0) return
    const today = { day, menus, restaurants: await meal.listRestaurants() }
    // A closing process claims nobody any more, and sees through whom it claimed; after midnight these menus are yesterday's.
    while (!signal.aborted && dayOf(now()) === day) {
      const due = await subscriptions.claimDue(day, AT_ONCE)
      if (due.length === 0) return
      await Promise.all(due.map((subscriber) => tellOne(subscriber, today)))
    }
  }
}

/** Nothing for people whom user does not know, or for whom nobody may act: they get the notice without it. */
async function administeredBy(person: ReturnType<typeof mealAs>) {
  try {
    return (await person.listAdministered()).restaurants
  } catch (error) {
    if (error instanceof Problem && error.status === 403 && UNKNOWN_OR_REFUSED.has(error.type)) return []
    throw error
  }
}
