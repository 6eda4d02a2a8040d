import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { fieldsOf } from '../injection/template.ts'
import { originOf } from './request-url.ts'
import type { Place } from './secret-places.ts'

type Destined = Pick<ProfileContent, 'login_config' | 'refresh_config' | 'allowed_origins'>

/** Every origin that a profile's secrets may go to, sorted: of each request, of the renewal, and `allowed_origins`. */
export function destinations({ login_config: login, refresh_config: refresh, allowed_origins }: Destined): string[] {
  const urls = [login.url, ...(login.steps ?? []).map(({ url }) => url), refresh?.url]
  const origins = urls.flatMap((url) => (url ? [originOf(url)] : []))
  return [...new Set([...origins, ...allowed_origins])].toSorted()
}

/**
 * Whether secrets would go where they were not entered for. Where one part of a profile may go says nothing of another: a
 * password belongs to the login, and origins of the proxy are given what the login has brought.
 */
export function hasNewDestination(before: Destined, after: Destined): boolean {
  const isWider = (origins: string[], known: string[]) => origins.some((origin) => !known.includes(origin))
  return (
    originOf(after.login_config.url) !== originOf(before.login_config.url) ||
    isWider(stepOrigins(after), [originOf(before.login_config.url), ...stepOrigins(before)]) ||
    (after.refresh_config !== null && refreshOrigin(after) !== refreshOrigin(before)) ||
    isWider(after.allowed_origins, before.allowed_origins)
  )
}

const stepOrigins = ({ login_config }: Destined): string[] => (login_config.steps ?? []).map(({ url }) => originOf(url))

/** Without a URL of its own a renewal goes where the login goes. */
const refreshOrigin = ({ login_config, refresh_config }: Destined): string =>
  originOf(refresh_config?.url || login_config.url)

/** Of a rule's secret: whether it goes to the target alone. One that is injected is told to whoever may read a context. */
export function withheld({ injection_rules }: Pick<ProfileContent, 'injection_rules'>): (place: Place) => boolean {
  const told = new Set(injection_rules.flatMap(({ value_template }) => fieldsOf(value_template)))
  return ({ key: [part, name] }) => part === 'extraction_rules' && !told.has(String(name))
}
