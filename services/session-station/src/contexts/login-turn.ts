import type { SealedText } from '@munjigi/sealing/sealed-text'
import type { FastifyBaseLogger } from 'fastify'
import { loginInProgress, profileNotFound } from '../problems.ts'
import { type Context, isNewer, isSame, type Mark, type Target } from './context.ts'
import { type ContextCache, contextOf } from './context-cache.ts'
import type { LoginMaking } from './login-making.ts'
import type { LoginRecords, LoginState } from './login-records.ts'
import { refusalOf } from './login-state.ts'
import { openContext } from './sealed-context.ts'
import type { StoredLogins } from './stored-login.ts'

const CHANGES_FOLLOWED = 3

/** What a caller wants: a context newer than one, made by a whole login where that is asked for. */
export interface Wish {
  newerThan: Mark | undefined
  loginOnly: boolean
  /** Of the context that is made, where this wish makes it. */
  deaths: number
}

export interface Outcome {
  /** The newest that is good, whether it is what was wished for or not. */
  context: Context | undefined
  /** Made in this turn. */
  isNew: boolean
  /** Why there is no newer one. */
  failure?: unknown
}

interface TurnDeps {
  records: LoginRecords
  cache: ContextCache
  logins: StoredLogins
  making: LoginMaking
  sealing: SealedText
  now: () => number
  log: Pick<FastifyBaseLogger, 'warn'>
}

export type LoginTurn = ReturnType<typeof loginTurn>

/** What whose turn it is does: looks whether somebody else has been faster, and if not makes a login. */
export function loginTurn({ records, cache, logins, making, sealing, now, log }: TurnDeps) {
  /** The newest context of the present profile, with its jar as it is by now. */
  async function newestOf(target: Target, state: LoginState): Promise<Context | undefined> {
    const stored = storedContext(target, state)
    // Its jar may be newer than the database's.
    const cached = (await cache.find(target)) ?? cache.remembered(target)
    const present = contextOf(cached)
    if (!cached || !present || !stored || !isSame(stored, present)) return stored
    cache.confirm(target, cached)
    return present.jar === undefined ? stored : { ...stored, jar: present.jar }
  }

  /** Of the row's own login: an earlier one that somebody has put there is none. */
  function storedContext(target: Target, { id, generation, context, context_number }: LoginState) {
    const opened = context === null ? undefined : openOrWarn(target, context)
    const mark = { profile_id: id, generation, login_number: context_number ?? 0 }
    return opened && isSame(opened, mark) ? opened : undefined
  }

  function openOrWarn(target: Target, sealed: string): Context | undefined {
    try {
      return openContext(sealing, target, sealed)
    } catch (error) {
      log.warn({ err: error, service_id: target.service_id }, 'stored context cannot be opened')
      return undefined
    }
  }

  /** What there is without a login; an outcome where there is nothing to be made. @throws profileNotFound */
  async function look(target: Target, wish: Wish) {
    const state = await records.find(target)
    if (!state) throw profileNotFound()
    const older = state.status === 'inactive' ? undefined : await newestOf(target, state)
    const good = older && older.expires_at > now() ? older : undefined
    const isWanted = good !== undefined && good.due_at > now() && isNewer(good, wish.newerThan)
    const failure = isWanted ? undefined : refusalOf(state, now())
    const outcome: Outcome = { context: good, isNew: false, failure }
    return { state, older, outcome, isOver: isWanted || failure !== undefined }
  }

  async function tryOnce(target: Target, wish: Wish): Promise<Outcome | undefined> {
    const { state, older, outcome, isOver } = await look(target, wish)
    if (isOver) {
      if (outcome.context) await cache.put(target, outcome.context)
      return outcome
    }
    try {
      const context = await making.make(target, state, older, wish)
      return context && { context, isNew: true }
    } catch (failure) {
      return { ...outcome, failure }
    }
  }

  return {
    /** Undefined where a login may be tried. */
    async look(target: Target, wish: Wish): Promise<Outcome | undefined> {
      const { outcome, isOver } = await look(target, wish)
      return isOver ? outcome : undefined
    },

    async take(target: Target, wish: Wish): Promise<Outcome> {
      await logins.saveKept(target)
      for (let changes = 0; changes < CHANGES_FOLLOWED; changes++) {
        const outcome = await tryOnce(target, wish)
        if (outcome) return outcome
      }
      return { context: undefined, isNew: false, failure: loginInProgress() }
    },
  }
}
