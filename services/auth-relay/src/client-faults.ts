import { isWeakSecret } from '@munjigi/env'
import type { TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { isConfidential, normalAddress } from './address.ts'
import { ClientEntry } from './client-entry.ts'
import { localSegments } from './local-path.ts'
import type { RelaySettings } from './settings.ts'

const CLIENT_KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** Everything that is wrong with one client, each with its field. `secretVariables` may hold its client_secret. */
export function clientFaults(
  key: string,
  entry: unknown,
  { settings, secretVariables }: { settings: RelaySettings; secretVariables: string[] },
): string[] {
  const keyFaults = CLIENT_KEY.test(key) ? [] : ['a client key is letters, digits, ".", "_" and "-", at most 100']
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return [...keyFaults, 'must be an object']
  const values = entry as Record<string, unknown>
  return [
    ...keyFaults,
    ...Object.keys(values)
      .filter((field) => !Object.hasOwn(ClientEntry.properties, field))
      .map((field) => `${field}: is not known: ${Object.keys(ClientEntry.properties).join(', ')} are`),
    ...Object.entries(ClientEntry.properties).flatMap(([field, schema]) => fieldFaults(field, schema, values[field])),
    ...meaningFaults(values, settings),
  ].map((fault) => `${key}: ${fault}`)

  function fieldFaults(field: string, schema: TSchema, value: unknown): string[] {
    const { description } = schema as { description?: string }
    if (value === undefined && ClientEntry.required.includes(field as never)) {
      const hint = field === 'client_secret' ? `write it, or set ${secretVariables.join(' or ')}` : description
      return [`${field}: is missing: ${hint}`]
    }
    return value === undefined || Check(schema, value) ? [] : [`${field}: is not usable: ${description}`]
  }
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
    list.flatMap((item, index) => addressFaults(item).map((fault) => `[${index}]${fault}`)),
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
  issue_secret: (value, settings) =>
    value === undefined && !settings.allowUnsignedIssue
      ? [': is missing: without it anybody could ask for login links; ALLOW_UNSIGNED_ISSUE=true takes that']
      : secretFaults(value, settings),
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
    : [': is short, guessable or a development value: make one with "openssl rand -base64 32"']
}
