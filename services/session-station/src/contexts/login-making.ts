import type { SealedText } from '@munjigi/sealing/sealed-text'
import type { FastifyBaseLogger } from 'fastify'
import type { Egress } from '../egress/egress.ts'
import { logIn } from '../login/login.ts'
import type { LoginOutcome } from '../login/login-outcome.ts'
import type { LoginDeps } from '../login/login-run.ts'
import { renew } from '../login/renewal.ts'
import { targetLoginFailed } from '../problems.ts'
import { openedProfile } from '../profiles/opened-profile.ts'
import type { Profile } from '../profiles/profile.ts'
import { type Context, contextKey, isNewer, type Mark, type Target } from './context.ts'
import type { ContextStore } from './context-store.ts'
import type { Attempt, LoginRecords, LoginState } from './login-records.ts'
import { sealContext } from './sealed-context.ts'
import type { StoredLogins } from './stored-login.ts'

interface MakingDeps {
  records: LoginRecords
  stored: ContextStore
  logins: StoredLogins
  sealing: SealedText
  egress: Egress
  now: () => number
  log: Pick<FastifyBaseLogger, 'info'>
}

interface Wanted {
  loginOnly: boolean
  deaths: number
}

export type LoginMaking = ReturnType<typeof loginMaking>

/** Renews or logs in, counts what fails, and keeps what comes of it. */
export function loginMaking({ records, stored, logins, sealing, egress, now, log }: MakingDeps) {
  const running = new Map<string, { mark: Mark; stop: AbortController }>()

  /** Undefined where the profile has changed, or somebody else was faster. @throws targetLoginFailed */
  async function make(target: Target, state: LoginState, older: Context | undefined, wanted: Wanted) {
    const profile = openedProfile(state, sealing)
    const login_number = await records.begin(profile)
    if (login_number === undefined) return undefined
    const stop = new AbortController()
    const mark = { profile_id: profile.id, generation: profile.generation, login_number }
    running.set(contextKey(target), { mark, stop })
    try {
      const deps = { egress, now, signal: stop.signal }
      const attempt = await run(target, profile, login_number, wanted.loginOnly ? undefined : older, deps)
      const { result } = attempt.outcome
      if (result) return await logins.save(target, profile, attempt, result, wanted.deaths)
      const pauseMs = await records.failed(attempt)
      // Given up because the profile has changed: the present one is looked at.
      if (stop.signal.aborted) return undefined
      throw failureOf(attempt, pauseMs)
    } finally {
      running.delete(contextKey(target))
    }
  }

  function failureOf({ profile, refresh_type, outcome }: Attempt, pauseMs: number | undefined) {
    const { kind, message = 'it gave no result' } = outcome.failure ?? {}
    log.info({ profile: profile.id, kind, refresh_type }, 'login failed')
    return targetLoginFailed(message, pauseMs)
  }

  /** The attempt that counts: a renewal that failed is followed by a login, unless the target is out of order. */
  async function run(
    target: Target,
    profile: Profile,
    login_number: number,
    older: Context | undefined,
    deps: LoginDeps,
  ): Promise<Attempt> {
    const renewal = older && (await tryRenewal(target, profile, older, deps))
    if (renewal) {
      const attempt: Attempt = { profile, login_number, refresh_type: 'refresh', outcome: renewal }
      if (renewal.result || isOutage(renewal)) return attempt
      await records.replaced(attempt)
    }
    const present = renewal ? { ...profile, totp_used: renewal.totp_used } : profile
    return { profile, login_number, refresh_type: 'login', outcome: await logIn(present, deps) }
  }

  /** Undefined where there is nothing to renew by, or its refresh token has been sent before and may be used up. */
  async function tryRenewal(
    target: Target,
    profile: Profile,
    older: Context,
    deps: LoginDeps,
  ): Promise<LoginOutcome | undefined> {
    const field = profile.refresh?.refresh_token_field
    if (field === undefined || !Object.hasOwn(older.fields, field)) return undefined
    // A change of the profile ends its contexts; what was written past us into the database does not.
    if (!profile.origins.every((origin) => older.origins?.includes(origin))) return undefined
    if (!(await stored.beginRefresh(older))) return undefined
    const outcome = await renew(profile, { fields: older.fields, jar: older.jar }, deps)
    if (!outcome.result) await afterFailedRenewal(target, older, field, outcome)
    return outcome
  }

  async function afterFailedRenewal(target: Target, older: Context, field: string, outcome: LoginOutcome) {
    const token = Object.hasOwn(outcome.salvaged, field) ? outcome.salvaged[field] : undefined
    if (token !== undefined) {
      const kept: Context = { ...older, fields: { ...older.fields, [field]: token } }
      await stored.keepSalvaged(older, sealContext(sealing, target, kept))
    } else if (isUnsent(outcome)) await stored.undoRefresh(older)
  }

  return {
    make,
    /** Gives up a login whose profile has changed. */
    stop(target: Target, below: Mark): void {
      const login = running.get(contextKey(target))
      if (login && isNewer(below, login.mark)) login.stop.abort()
    },
  }
}

const isUnsent = ({ wasSent, status }: LoginOutcome): boolean => !wasSent && status === undefined

const isOutage = ({ failure }: LoginOutcome): boolean => failure?.kind === 'outage' || failure?.kind === 'rate-limited'
