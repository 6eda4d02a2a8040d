import type { ProfileContent } from '@munjigi/contracts/auth-profiles'
import { pathFault } from '../extraction/extraction-faults.ts'
import { forbiddenHeader, headerValueFault, isToken } from '../injection/header-rules.ts'
import { templateFaults } from '../injection/template.ts'
import type { Fault } from './fault.ts'
import { allFields, fieldsAt } from './known-fields.ts'
import { isMark, isStandIn, isTemplate } from './marks.ts'
import { pathOf } from './request-url.ts'
import { isPublicHeader, type Place, placeText, secretsIn } from './secret-places.ts'

type Login = ProfileContent['login_config']
type Request = Pick<Login, 'headers' | 'payload' | 'success'> & { url?: string | null }
/** A request and where it stands: `login_config`, `login_config.steps.0`, `refresh_config`. */
type Placed = [path: (string | number)[], request: Request]

/** Each value is sealed by itself; a profile with more of them is no login. */
const MAX_SECRETS = 500
const MAX_VALUE_LENGTH = 20_000

const requestsOf = ({ login_config: login, refresh_config: refresh }: ProfileContent): Placed[] => [
  [['login_config'], login],
  ...(login.steps ?? []).map((step, index): Placed => [['login_config', 'steps', index], step]),
  ...(refresh ? [[['refresh_config'], refresh] satisfies Placed] : []),
]

/** What is wrong with what is sent to the target, beyond what the schema says. */
export function requestFaults(content: ProfileContent): Fault[] {
  const faults = requestsOf(content).flatMap((placed) => [
    ...pathFaults(placed, content),
    ...headerFaults(placed, content),
    ...payloadFaults(placed),
    ...successFaults(placed),
  ])
  return [...faults, ...valueFaults(content), ...orderFaults(content)]
}

function pathFaults([path, { url }]: Placed, { extraction_rules }: ProfileContent): Fault[] {
  if (!url) return []
  return templateMessages(pathOf(url), fieldsAt(extraction_rules, path), 'of the path').map((message) => ({
    field: `${path.join('.')}.url`,
    message,
  }))
}

function headerFaults([path, { headers = {} }]: Placed, { extraction_rules }: ProfileContent): Fault[] {
  const met = new Set<string>()
  return Object.entries(headers).flatMap(([name, value]) => {
    const messages = [nameFault(name, met), ...publicFaults(name, value, fieldsAt(extraction_rules, path))]
    met.add(name.toLowerCase())
    if (typeof value === 'string') messages.push(headerValueFault(name, value))
    return messages
      .filter((message) => message !== undefined)
      .map((message) => ({ field: `${path.join('.')}.headers.${name}`, message }))
  })
}

function nameFault(name: string, met: ReadonlySet<string>): string | undefined {
  if (!isToken(name)) return 'is no name of a header'
  if (met.has(name.toLowerCase())) return 'is said twice: the names of headers have no case'
  return forbiddenHeader(name) ? 'is a header that nobody may set' : undefined
}

/** Nothing is sealed here, so there is nothing that could be kept. */
function publicFaults(name: string, value: unknown, known: ReadonlySet<string>): string[] {
  if (!isPublicHeader(name)) return []
  if (isMark(value)) return ['is no secret: enter its value']
  return isTemplate(value) ? templateMessages(value.$template, known) : []
}

function payloadFaults([path, { payload = {} }]: Placed): Fault[] {
  const at = path.join('.')
  const look = (value: unknown, where: string): Fault[] => {
    if (typeof value === 'string' && value.length > MAX_VALUE_LENGTH)
      return [{ field: where, message: `is longer than ${MAX_VALUE_LENGTH} characters` }]
    if (typeof value !== 'object' || value === null || isMark(value) || isTemplate(value)) return []
    if (!Array.isArray(value) && isStandIn(value))
      return [
        {
          field: where,
          message: 'is neither {"$secret": "set"} nor {"$template": "text"}, and nothing else may be named so',
        },
      ]
    return Object.entries(value).flatMap(([name, item]) => look(item, `${where}.${name}`))
  }
  return look(payload, `${at}.payload`)
}

function successFaults([path, { success }]: Placed): Fault[] {
  const message = success?.body && pathFault(success.body.path)
  return message ? [{ field: `${path.join('.')}.success.body.path`, message }] : []
}

/** Of every secret's value, and of how many there are. */
function valueFaults(content: ProfileContent): Fault[] {
  const secrets = secretsIn(content)
  const faults = secrets.flatMap(({ value, place }) =>
    valueMessages(value, place, fieldsAt(content.extraction_rules, place.path)).map((message) => ({
      field: placeText(place),
      message,
    })),
  )
  if (secrets.length > MAX_SECRETS)
    faults.push({ field: 'login_config', message: `more than ${MAX_SECRETS} values in one profile` })
  return faults
}

function valueMessages(value: unknown, { path }: Place, known: ReadonlySet<string>): string[] {
  if (isTemplate(value))
    return path[0] === 'extraction_rules' ? ['may be no template'] : templateMessages(value.$template, known)
  const isUserinfo = path.at(-1) === 'userinfo' && typeof value !== 'object'
  return isUserinfo && !String(value).includes(':') ? ['user:password is expected'] : []
}

function orderFaults({
  login_config: login,
  extraction_rules: rules,
  refresh_config: refresh,
}: ProfileContent): Fault[] {
  const faults: Fault[] = []
  if (login.method === 'NONE' && login.steps?.length)
    faults.push({ field: 'login_config.steps', message: 'go before a request, and method NONE makes none' })
  if (refresh?.enabled && !allFields(rules).has(refresh.refresh_token_field))
    faults.push({
      field: 'refresh_config.refresh_token_field',
      message: `there is no extraction rule named ${refresh.refresh_token_field}`,
    })
  return faults
}

const templateMessages = (text: string, known: ReadonlySet<string>, where = ''): string[] =>
  templateFaults(text, known).map(({ position, message }) => `character ${position}${where && ` ${where}`}: ${message}`)
