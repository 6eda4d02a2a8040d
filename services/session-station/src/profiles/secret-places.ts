import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { isStandIn } from './marks.ts'

type Step = string | number

/** Where in a profile a secret stands. */
export interface Place {
  /** As people read it: `login_config.payload.password`. */
  path: readonly Step[]
  /** What stays the same where rules are put into another order, or a header is spelled otherwise. */
  key: readonly Step[]
}

/** What stands at a secret's place, as it is sent or as it is stored. */
export type Change = (value: unknown, place: Place) => unknown

export type SecretParts = Pick<ProfileContent, 'login_config' | 'extraction_rules' | 'refresh_config'>
type Request = Record<'headers' | 'query' | 'userinfo' | 'payload', unknown>

/** Headers whose values are no secrets; of all others they are. */
const PUBLIC_HEADERS = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-type',
  'origin',
  'pragma',
  'user-agent',
  'x-requested-with',
])

export const isPublicHeader = (name: string): boolean => PUBLIC_HEADERS.has(name.toLowerCase())

export const placeText = ({ path }: Place): string => path.join('.')

/** A copy with `change` made at every secret's place. Which places those are is decided here, never by what stands there. */
export function mapSecrets<Parts extends SecretParts>(content: Parts, change: Change): Parts {
  const { login_config: login, refresh_config: refresh } = content
  const steps = login.steps?.map((step, index) => mapRequest(step, ['login_config', 'steps', index], change))
  return {
    ...content,
    login_config: { ...mapRequest(login, ['login_config'], change), ...(steps && { steps }) },
    extraction_rules: mapRules(content.extraction_rules, change),
    refresh_config: refresh && mapRequest(refresh, ['refresh_config'], change),
  }
}

/** What stands at every secret's place, in the order in which the places stand in a profile. */
export function secretsIn(content: SecretParts): { value: unknown; place: Place }[] {
  const secrets: { value: unknown; place: Place }[] = []
  mapSecrets(content, (value, place) => {
    secrets.push({ value, place })
    return value
  })
  return secrets
}

function mapRequest<R extends object>(request: R, at: Step[], change: Change): R {
  const { headers, query, userinfo, payload } = request as Partial<Request>
  const below = (...steps: Step[]): Place => ({ path: [...at, ...steps], key: [...at, ...steps] })
  const mapHeader = (value: unknown, name: string) => {
    if (isPublicHeader(name)) return value
    return change(value, { path: [...at, 'headers', name], key: [...at, 'headers', name.toLowerCase()] })
  }
  const mapParameter = (value: unknown, name: string) =>
    Array.isArray(value)
      ? value.map((item, index) => change(item, below('query', name, index)))
      : change(value, below('query', name))
  return {
    ...request,
    ...(headers !== undefined && { headers: mapMembers(headers as object, mapHeader) }),
    ...(query !== undefined && { query: mapMembers(query as object, mapParameter) }),
    ...(userinfo !== undefined && { userinfo: change(userinfo, below('userinfo')) }),
    ...(payload !== undefined && {
      payload: mapMembers(payload as object, (item, name) => mapTree(item, [...at, 'payload', name], change)),
    }),
  }
}

function mapTree(value: unknown, path: Step[], change: Change): unknown {
  if (typeof value !== 'object' || value === null) return change(value, { path, key: path })
  if (Array.isArray(value)) return value.map((item, index) => mapTree(item, [...path, index], change))
  if (isStandIn(value)) return change(value, { path, key: path })
  return mapMembers(value, (item, name) => mapTree(item, [...path, name], change))
}

const mapMembers = (members: object, change: (value: unknown, name: string) => unknown) =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value, name)]))

function mapRules(rules: ProfileContent['extraction_rules'], change: Change): ProfileContent['extraction_rules'] {
  const met = new Map<string, number>()
  return rules.map((rule, index) => {
    if (rule.value === undefined) return rule
    const same = `${rule.source} ${rule.name}`
    const turn = met.get(same) ?? 0
    met.set(same, turn + 1)
    const key = ['extraction_rules', rule.name, rule.source, turn, 'value']
    return {
      ...rule,
      value: change(rule.value, { path: ['extraction_rules', index, 'value'], key }) as typeof rule.value,
    }
  })
}
