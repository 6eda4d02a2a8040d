import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { fieldsOf, isPlainTemplate } from '../injection/template.ts'
import type { Fault } from './fault.ts'
import { fieldsAt } from './known-fields.ts'
import { isMark } from './marks.ts'
import { originOf, splitUrl, statedOrigin } from './request-url.ts'
import { mapSecrets } from './secret-places.ts'

type Step = NonNullable<ProfileContent['login_config']['steps']>[number]
type Parameters = NonNullable<Step['query']>
type Located = Pick<Step, 'query' | 'userinfo'> & { url?: string | null }
/** As it comes: the origins may be left out. */
export type GivenContent = Omit<ProfileContent, 'allowed_origins'> & { allowed_origins?: string[] }

/**
 * One form of what can be written in several: URLs without query, userinfo and fragment, a fixed rule's value in `value`,
 * templates marked as such, origins as browsers write them. What cannot be brought into it is added to `faults`.
 */
export function plainContent(given: GivenContent, faults: Fault[]): ProfileContent {
  const { login_config: login, refresh_config: refresh } = given
  const steps = login.steps?.map((step, index) => splitRequest(step, `login_config.steps.${index}`, faults))
  const plainLogin = { ...splitRequest(login, 'login_config', faults), ...(steps && { steps }) }
  const content = {
    ...given,
    login_config: plainLogin,
    refresh_config: refresh && splitRequest(refresh, 'refresh_config', faults),
    extraction_rules: given.extraction_rules.map(valueOfFixed),
    allowed_origins: plainOrigins(given.allowed_origins ?? [], faults),
  }
  if (given.allowed_origins === undefined && faults.length === 0) content.allowed_origins = [originOf(plainLogin.url)]
  return withTemplates(content)
}

function splitRequest<R extends Located>(request: R, at: string, faults: Fault[]): R {
  if (!request.url) return request
  const parts = splitUrl(request.url)
  if (typeof parts === 'string') {
    faults.push({ field: `${at}.url`, message: parts })
    return request
  }
  const twice = (name: string) => faults.push({ field: `${at}.${name}`, message: 'is said twice, here and in the URL' })
  // A Map: `__proto__` and `constructor` are names like any other.
  const query = new Map(Object.entries(request.query ?? {}))
  for (const [name, value] of groupedParameters(parts.query)) {
    if (query.has(name) && ![query.get(name)].flat().every(isMark)) twice(`query.${name}`)
    query.set(name, value)
  }
  const isToldTwice = request.userinfo !== undefined && request.userinfo !== null && !isMark(request.userinfo)
  if (parts.userinfo !== undefined && isToldTwice) twice('userinfo')
  return {
    ...request,
    url: parts.url,
    ...(query.size > 0 && { query: Object.fromEntries(query) }),
    ...(parts.userinfo !== undefined && { userinfo: parts.userinfo }),
  }
}

const groupedParameters = (pairs: [string, string][]): [string, Parameters[string]][] =>
  [...Map.groupBy(pairs, ([name]) => name)].map(([name, same]) => {
    const values = same.map(([, value]) => value)
    return [name, values.length === 1 ? (values[0] as string) : values]
  })

/** Source 004: forms put a fixed value into key_path and leave value empty. One of the two is kept, at a secret's place. */
function valueOfFixed(rule: ProfileContent['extraction_rules'][number]) {
  if (rule.source !== 'fixed') return rule
  const { key_path, value, ...others } = rule
  const isInValue = value !== undefined && value !== null && !(value === '' && key_path)
  return isInValue || typeof key_path !== 'string'
    ? { ...others, ...(isInValue && { value }) }
    : { ...others, value: key_path }
}

function plainOrigins(origins: string[], faults: Fault[]): string[] {
  const plain = origins.map((text, index) => {
    const origin = statedOrigin(text)
    if (origin === undefined)
      faults.push({ field: `allowed_origins.${index}`, message: 'is no origin: https://host or https://host:port' })
    return origin ?? text
  })
  return [...new Set(plain)]
}

/** Text that is fields alone, each of them there, is meant as a template; `{"$template": "{{x}}"}` sends the braces. */
function withTemplates(content: ProfileContent): ProfileContent {
  return mapSecrets(content, (value, { path }) => {
    const isInRequest = path[0] !== 'extraction_rules' && path.at(-1) !== 'userinfo'
    if (typeof value !== 'string' || !isInRequest || !isPlainTemplate(value)) return value
    const known = fieldsAt(content.extraction_rules, path)
    return fieldsOf(value).every((name) => known.has(name)) ? { $template: value } : value
  })
}
