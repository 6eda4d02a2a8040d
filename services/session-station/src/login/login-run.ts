import { type Egress, type EgressAnswer, EgressError, headerValues } from '../egress/egress.ts'
import { extract } from '../extraction/extraction.ts'
import { givenFields } from '../extraction/given-fields.ts'
import { usedFields } from '../injection/used-fields.ts'
import type { LoginRequest, Profile } from '../profiles/profile.ts'
import { type Fields, fieldsIn } from './filled.ts'
import { filledRequest } from './filled-request.ts'
import { type LoginJar, loginJar } from './jar.ts'
import { failureBehind, LoginError } from './login-error.ts'
import type { LoginOutcome } from './login-outcome.ts'
import { type OneTimeCodes, oneTimeCodes } from './one-time-codes.ts'

const LONGEST_RUN_MS = 120_000
// A `Date` header has whole seconds.
const CLOCK_TOLERANCE_MS = 2_000

export interface LoginDeps {
  egress: Egress
  /** Epoch in milliseconds. */
  now: () => number
  signal?: AbortSignal
}

/** A login or a renewal under way: what it has by now. */
export class LoginRun {
  readonly fields: Fields
  /** What answers gave: all there is of it where it fails. */
  salvaged: Fields = {}
  /** Of where it is, for the owner: "step 1 of 2: ". */
  place = ''
  readonly #jar: LoginJar
  readonly #codes: OneTimeCodes
  readonly #began: number
  readonly #deadline: number
  readonly #skews = new Map<string, number>()
  readonly #profile: Profile
  readonly #deps: LoginDeps
  #endsAt: number | undefined
  #answer: EgressAnswer | undefined
  #isWaiting = false

  constructor(
    profile: Profile,
    requests: LoginRequest[],
    from: { fields: Fields; jar: string | undefined },
    deps: LoginDeps,
  ) {
    this.#profile = profile
    this.#deps = deps
    this.#began = deps.now()
    const allowedMs = requests.reduce((sum, { timeout }) => sum + timeout * 1000, 0)
    this.#deadline = this.#began + Math.min(allowedMs, LONGEST_RUN_MS)
    const given = profile.extraction_rules.filter(({ source }) => source === 'fixed' || source === 'basic')
    // A code of the login before is no code.
    const codes = new Set(profile.extraction_rules.filter(({ source }) => source === 'totp').map(({ name }) => name))
    const kept = Object.entries(from.fields).filter(([name]) => !codes.has(name))
    this.fields = { ...Object.fromEntries(kept), ...givenFields(given, this.#began) }
    this.#jar = loginJar(from.jar, profile.origins)
    this.#codes = oneTimeCodes(profile.extraction_rules, profile.totp_used, deps)
  }

  /** The answer to a request that is filled with what is there. @throws what `ended` reads */
  async send(request: LoginRequest): Promise<EgressAnswer> {
    const { egress, now, signal } = this.#deps
    const clockSkewMs = this.#skews.get(new URL(request.url).origin) ?? 0
    Object.assign(this.fields, await this.#codes.next(fieldsIn(request), { clockSkewMs, deadline: this.#deadline }))
    const filled = filledRequest(request, this.fields)
    if (!this.#profile.origins.includes(filled.url.origin)) {
      throw new LoginError('refused', 'the request would leave the origins of the profile')
    }
    const timeoutMs = Math.ceil(Math.min(request.timeout * 1000, this.#deadline - now()))
    if (timeoutMs <= 0) throw new LoginError('outage', 'no whole answer came in time')
    this.#answer = undefined
    this.#isWaiting = true
    this.#answer = await egress.request({
      ...filled,
      timeoutMs,
      followRedirects: request.follow_redirects,
      cookies: this.#jar,
      ...(signal && { signal }),
    })
    this.#isWaiting = false
    this.#learnClock(this.#answer)
    return this.#answer
  }

  /** What the rules for request `index` find in its answer; from now on among the fields. */
  take(index: number, answer: EgressAnswer): Fields {
    const { requests, extraction_rules, injection_rules } = this.#profile
    const answers = Array.from({ length: Math.max(1, requests.length) }, (_, at) => (at === index ? answer : undefined))
    const { fields, endsAt } = extract(extraction_rules, {
      answers,
      cookie: (name, url) => this.#jar.find(name, url),
      now: this.#deps.now(),
      used: usedFields(injection_rules),
    })
    Object.assign(this.fields, fields)
    if (endsAt !== undefined) this.#endsAt = Math.min(endsAt, this.#endsAt ?? endsAt)
    return fields
  }

  /** Codes that no request asked for, for the injections. */
  async addCodes(names: ReadonlySet<string>): Promise<void> {
    const absent = new Set([...names].filter((name) => !Object.hasOwn(this.fields, name)))
    Object.assign(this.fields, await this.#codes.next(absent, { clockSkewMs: 0, deadline: this.#deadline }))
  }

  /** What came of it, `error` being what ended it before its aim. @throws an error that is no failure of a login */
  ended(error?: unknown): LoginOutcome {
    const failure = error === undefined ? undefined : failureBehind(error, this.#deps.signal)
    return {
      result: failure ? undefined : { fields: this.fields, jar: this.#jar.serialise(), endsAt: this.#endsAt },
      failure: failure && { ...failure, message: this.place + failure.message },
      salvaged: failure ? this.salvaged : {},
      status: this.#answer?.status,
      answer: this.#answer,
      totp_used: this.#codes.used,
      wasSent: error instanceof EgressError ? error.wasSent : this.#isWaiting,
      durationMs: this.#deps.now() - this.#began,
    }
  }

  #learnClock({ url, headers }: EgressAnswer): void {
    const date = Date.parse(headerValues(headers, 'date')[0] ?? '')
    const skewMs = date + 500 - this.#deps.now()
    if (Math.abs(skewMs) > CLOCK_TOLERANCE_MS) this.#skews.set(url.origin, skewMs)
  }
}
