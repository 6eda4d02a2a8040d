import { buildInjections, flatHeaders } from '../injection/injections.ts'
import type { LoggedIn } from '../login/login-outcome.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Context } from './context.ts'
import { dueAt } from './due-at.ts'
import { injectedCookies } from './kept-cookies.ts'

export interface Making {
  login_number: number
  made_by: Context['made_by']
  deaths: number
  now: number
}

/** What is kept of a login: it ends when the target says so, or after `ttl`, whichever is first. */
export function newContext(profile: Profile, { fields, jar, endsAt }: LoggedIn, making: Making): Context {
  const { login_number, made_by, deaths, now } = making
  const injections = buildInjections(profile.injection_rules, fields)
  const expires_at = Math.ceil(Math.min(now + profile.ttl * 1_000, endsAt ?? Number.POSITIVE_INFINITY))
  return {
    profile_id: profile.id,
    generation: profile.generation,
    login_number,
    made_by,
    fields,
    origins: profile.origins,
    injections,
    headers: flatHeaders(injections),
    ...(jar !== undefined && { jar, cookies: injectedCookies(profile) }),
    obtained_at: now,
    due_at: dueAt(now, expires_at, profile.refresh_before_expire),
    expires_at,
    deaths,
    proxy: { origins: profile.allowed_origins, ...(profile.expired && { expired: profile.expired }) },
  }
}
