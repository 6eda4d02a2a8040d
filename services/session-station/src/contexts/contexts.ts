import { Problem } from '@munjigi/problem'
import type { SealedText } from '@munjigi/sealing/sealed-text'
import type { Store } from '@munjigi/store/store'
import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import type { Egress } from '../egress/egress.ts'
import type { CountLogin } from '../metrics.ts'
import { profileNotFound } from '../problems.ts'
import type { Tables } from '../tables.ts'
import { confirmedContexts } from './confirmed-contexts.ts'
import { type Context, contextKey, isNewer, type Mark, type Target } from './context.ts'
import { contextCache, contextOf } from './context-cache.ts'
import { contextStore } from './context-store.ts'
import { withCookies } from './kept-cookies.ts'
import { loginFlights } from './login-flights.ts'
import { loginMaking } from './login-making.ts'
import { loginNews } from './login-news.ts'
import { loginRecords } from './login-records.ts'
import { loginTurn } from './login-turn.ts'
import { type Found, obtaining } from './obtaining.ts'
import { sharedReads } from './shared-reads.ts'
import { storeOutage } from './store-outage.ts'
import { storedLogins } from './stored-login.ts'

/** Less than a process that was told to end has for what is in flight. */
const HURRIED_MS = 8_000
const DEATHS_WITHOUT_PAUSE = 3
const PAUSE_AFTER_DEATHS_MS = 60_000

/** What a person's agents are let in with; every method throws the Problems of a login that cannot be had. */
export interface Contexts {
  /** Names and values of the headers to send; one read of the store where it is cached. Not to be changed by the caller. */
  headers(sub: string, service_id: string): Promise<Readonly<Record<string, string>>>
  /** `force`: made by a login that began after this call. */
  find(sub: string, service_id: string, options?: { force?: boolean }): Promise<Found>
  /** Renews now, by refresh where that can be, else by login; `made_by` says which. */
  renew(sub: string, service_id: string): Promise<Context>
  /** False where renewing was in vain several times in a row: an address that always answers 401 makes no login each time. */
  mayRenew(context: Context): boolean
  /** What was used is known to be dead: another one, made anew unless somebody has already; `dead` itself where it may not be renewed. */
  renewAfter(sub: string, service_id: string, dead: Context): Promise<Context>
  /** The target lets in what a renewal after a death has made: the renewal was not in vain. */
  forgetDeaths(sub: string, service_id: string, context: Context): Promise<void>
  /** What the target set while `context` was used; nothing where that is no longer the newest. */
  keepCookies(sub: string, service_id: string, context: Context, url: URL, setCookies: string[]): Promise<void>
  /**
   * After a change or deletion is committed: what was made from a lower `generation` of this profile is used by nobody,
   * here or in another process. Of a deleted profile: its generation + 1. Never throws for a store that is away.
   */
  drop(profile: { id: number; user_id: string; service_id: string }, generation: number): Promise<void>
  /** Before the end: who still waits in 8 s is told that a login is under way, while there is somebody to tell it. */
  hurry(): void
  close(): Promise<void>
}

export interface ContextsDeps {
  db: Kysely<Tables>
  store: Store
  sealing: SealedText
  egress: Egress
  /** Epoch in milliseconds; `Date.now` by default. */
  now?: () => number
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  countLogin?: CountLogin
}

/** The logins of everybody, one at a time for each person and service. */
export function createContexts(deps: ContextsDeps): Contexts {
  const { db, store, sealing, egress, now = Date.now, log } = deps
  const records = loginRecords(db, now, deps.countLogin)
  const readMark = sharedReads<Mark | undefined>()
  const stored = contextStore(db)
  const background = new Set<Promise<unknown>>()
  const outage = storeOutage(store, () => inBackground(cache.settle()))
  const cache = contextCache({ store, outage, sealing, now })
  const logins = storedLogins(records, cache, sealing, now)
  const making = loginMaking({ records, stored, logins, sealing, egress, now, log })
  const turn = loginTurn({ records, cache, logins, making, sealing, now, log })
  const news = loginNews(store, outage, making.stop)
  const flights = loginFlights({ store, outage, news, turn })
  const { obtain, tellAll } = obtaining(flights, now)
  const cached = confirmedContexts({ records, cache, now, inBackground })

  function inBackground(work: Promise<unknown>): void {
    const done = work
      .catch((error) => log.warn({ err: error }, 'context check failed'))
      .finally(() => background.delete(done))
    background.add(done)
  }

  /** What a login that begins from now on is newer than. */
  async function markNow(target: Target): Promise<Mark> {
    const mark = await readMark(contextKey(target), () => records.findMark(target))
    if (!mark) throw profileNotFound()
    return mark
  }

  /** How many in a row it makes if it is dead now. */
  const deathsWith = ({ obtained_at, deaths }: Context) =>
    now() - obtained_at < PAUSE_AFTER_DEATHS_MS ? deaths + 1 : 1
  const mayRenew = (context: Context) => deathsWith(context) <= DEATHS_WITHOUT_PAUSE

  async function find(target: Target, force: boolean) {
    if (force) {
      const newerThan = await markNow(target)
      return obtain(target, { newerThan, loginOnly: true, deaths: 0, takesOlder: true })
    }
    const context = await cached.find(target)
    if (context && context.due_at > now()) return { context, fromCache: true }
    const wish = { newerThan: context, loginOnly: false, deaths: 0, older: context, takesOlder: true }
    return obtain(target, wish).catch((failure) => rememberedWhileAway(target, failure))
  }

  /** While neither store nor database answer what cannot be asked is a yes here too: nobody can change a profile meanwhile. */
  function rememberedWhileAway(target: Target, failure: Error & { statusCode?: number }): Found {
    const context = contextOf(cache.remembered(target))
    const areAway = outage.isAway() && failure.statusCode === 503 && !(failure instanceof Problem)
    if (!areAway || !context || context.expires_at <= now()) throw failure
    return { context, fromCache: true }
  }

  return {
    async headers(sub, service_id) {
      const { context } = await find({ sub, service_id }, false)
      return context.headers
    },

    find: (sub, service_id, { force = false } = {}) => find({ sub, service_id }, force),

    async renew(sub, service_id) {
      const target = { sub, service_id }
      const newerThan = await markNow(target)
      const { context } = await obtain(target, { newerThan, loginOnly: false, deaths: 0, takesOlder: false })
      return context
    },

    mayRenew,

    async renewAfter(sub, service_id, dead) {
      const target = { sub, service_id }
      const present = await cached.find(target)
      if (present && isNewer(present, dead)) return present
      if (!mayRenew(dead)) return dead
      const wish = { newerThan: dead, loginOnly: false, deaths: deathsWith(dead), takesOlder: false }
      return (await obtain(target, wish)).context
    },

    forgetDeaths: (sub, service_id, context) =>
      cache.update({ sub, service_id }, context, ({ deaths, ...present }) =>
        deaths > 0 ? { ...present, deaths: 0 } : undefined,
      ),

    keepCookies: (sub, service_id, context, url, setCookies) =>
      cache.update({ sub, service_id }, context, (present) => withCookies(present, url, setCookies)),

    async drop({ id, user_id, service_id }, generation) {
      const target = { sub: user_id, service_id }
      const below: Mark = { profile_id: id, generation, login_number: 0 }
      making.stop(target, below)
      await cache.drop(target, below)
      await news.tell(target, below)
      // What is left there is of an old generation, which nobody reads.
      await stored.removeBelow(below).catch((error) => log.warn({ err: error }, 'old context not deleted'))
    },

    hurry() {
      setTimeout(tellAll, HURRIED_MS).unref()
    },

    async close() {
      outage.close()
      await flights.close()
      await Promise.all(background)
      await news.close()
    },
  }
}
