import { isWeakSecret } from '@munjigi/env'
import type { TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { isConfidential, normalAddress } from '../addresses/address.ts'
import { localSegments } from '../addresses/local-path.ts'
import type { RelaySettings } from '../settings.ts'
import { ClientEntry } from './client-entry.ts'

const CLIENT_KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

interface ClientContext {
  settings: RelaySettings
  /** By field, the variables that may hold a secret of it. */
  secretVariables: Record<string, string[]>
}

/** Everything that is wrong with one client, each with its field. */
export function clientFaults(key: string, entry: unknown, context: ClientContext): string[] {
  const isKey = CLIENT_KEY.test(key)
  return [
    ...(isKey ? [] : ['a client key is letters, digits, ".", "_" and "-", at most 100']),
    ...(isObject(entry) ? entryFaults(entry, context) : ['must be an object']),
  ].map((fault) => `${isKey ? key : JSON.stringify(key)}: ${fault}`)
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function entryFaults(entry: Record<string, unknown>, { settings, secretVariables }: ClientContext): string[] {
  const fields = Object.entries<TSchema & { description?: string }>(ClientEntry.properties)
  const known = fields.map(([field]) => field)
  return [
    ...Object.keys(entry)
      .filter((field) => !known.includes(field))
      .map((field) => `${field}: is not known: ${known.join(', ')} are`),
    ...fields
      .filter(([field]) => entry[field] === undefined && ClientEntry.required.some((name) => name === field))
      .map(([field, { description }]) => {
        const variables = secretVariables[field]
        return `${field}: is missing: ${variables ? `write it, or set ${variables.join(' or ')}` : description}`
      }),
    ...fields
      .filter(([field, schema]) => entry[field] !== undefined && !Check(schema, entry[field]))
      .map(([field, { description }]) => `${field}: is not usable: ${description}`),
    ...(entry.issue_secret === undefined && !settings.allowUnsignedIssue
      ? [
          `issue_secret: is missing: anybody could ask for login links; write it, set ${secretVariables.issue_secret?.join(' or ')}, or allow that by ALLOW_UNSIGNED_ISSUE=true`,
        ]
      : []),
    ...meaningFaults(entry, settings),
  ]
}

/** What the schema cannot say; of fields that it let pass. */
function meaningFaults(values: Record<string, unknown>, settings: RelaySettings): string[] {
  return Object.entries(meanings).flatMap(([field, faultsOf]) => {
    const schema = ClientEntry.properties[field as keyof ClientEntry]
    const value = values[field]
    if (value !== undefined && !Check(schema, value)) return []
    return (faultsOf as (value: unknown, settings: RelaySettings) => string[])(value, settings).map(
      (fault) => `${field}${fault}`,
    )
  })
}

type Meanings = { [Field in keyof ClientEntry]?: (value: ClientEntry[Field], settings: RelaySettings) => string[] }

const meanings: Meanings = {
  server_url: addressFaults,
  issuer: addressFaults,
  unlink_url: addressFaults,
  callback_url_allowlist: (list = []) =>
    list.flatMap((item, index) =>
      (item.endsWith('*') ? [': is compared whole, * stands for nothing'] : addressFaults(item)).map(
        (fault) => `[${index}]${fault}`,
      ),
    ),
  redirect_after_allowlist: (list = []) =>
    list.flatMap((item, index) =>
      localSegments(item) === undefined || /[?#]/.test(item)
        ? [`[${index}]: is no path of this origin: write / or /a/b, without dot segments, query or fragment`]
        : [],
    ),
  redirect_uri: (value, { baseUrl }) =>
    value === undefined || value === `${baseUrl}/oidc/callback`
      ? []
      : [': must be {BASE_URL}/oidc/callback: nowhere else does this relay listen'],
  scope: (value = 'openid offline_access') =>
    ['openid', 'offline_access']
      .filter((scope) => !value.split(' ').includes(scope))
      .map((scope) => `: lacks ${scope}: no login could succeed`),
  hmac_secret: secretFaults,
  issue_secret: secretFaults,
}

function addressFaults(value: string | undefined): string[] {
  if (value === undefined) return []
  if (normalAddress(value) === undefined)
    return [': is no address: write https://host/path, without userinfo or fragment']
  return isConfidential(value) ? [] : [': plain http is for this machine and private networks: use https']
}

function secretFaults(value: string | undefined, { isDevelopment, jwtSecret }: RelaySettings): string[] {
  if (value === undefined) return []
  if (value === jwtSecret) return [': equals JWT_SECRET: the chatbot could make login links of any client']
  return isDevelopment || !isWeakSecret(value)
    ? []
    : [': is short, guessable or a development value: make one with "openssl rand -base64 32 | tr +/ -_"']
}
