import type { Environment } from '@munjigi/env/variables'
import { parseDocument } from 'yaml'
import type { RelaySettings } from '../settings.ts'
import type { ClientEntry } from './client-entry.ts'
import { clientFaults, isObject } from './client-faults.ts'

/** Everything that is wrong with a clients.json, each with its client and field. */
export class ClientsFileError extends Error {
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(`clients.json is not usable:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
    this.name = 'ClientsFileError'
    this.faults = faults
  }
}

/** What a variable gives where the file does not: source 001's `KAKAO_BOT__SECRETS`, and the same way for the others. */
const SECRETS = { client_secret: 'SECRETS', issue_secret: 'ISSUE_SECRET', hmac_secret: 'HMAC_SECRET' }

const variablesOf = (key: string, word: string) => [
  `${key.toUpperCase().replaceAll(/[^A-Z0-9_]+/g, '_')}__${word}`,
  `${key}__${word.toLowerCase()}`,
]

/** The clients of a clients.json by key, each with its secret and without `{BASE_URL}`. @throws ClientsFileError with every fault */
export function parseClients(
  text: string,
  settings: RelaySettings,
  environment: Environment,
): Map<string, ClientEntry> {
  const tree = parsed(text)
  const faults = repeatedKeys(text)
  const clients = new Map<string, ClientEntry>()
  for (const [key, given] of Object.entries(tree)) {
    const secrets = Object.entries(SECRETS).map(([field, word]) => [field, variablesOf(key, word)] as const)
    const found = secrets.flatMap(([field, names]) => {
      const value = names.map((name) => environment[name]).find(Boolean)
      return value !== undefined && isObject(given) && !given[field] ? [[field, value]] : []
    })
    const entry = withBaseUrl(isObject(given) ? { ...given, ...Object.fromEntries(found) } : given, settings.baseUrl)
    faults.push(...clientFaults(key, entry, { settings, secretVariables: Object.fromEntries(secrets) }))
    clients.set(key, entry as ClientEntry)
  }
  if (faults.length > 0) throw new ClientsFileError(faults)
  return clients
}

function parsed(text: string): Record<string, unknown> {
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch (error) {
    throw new ClientsFileError([`the file is no JSON: ${unquoted((error as Error).message)}`])
  }
  if (!isObject(tree)) throw new ClientsFileError(['the file must hold one object: client keys and what each is like'])
  return tree
}

/** What JSON.parse says without the text it shows, which may be of a secret. */
const unquoted = (message: string): string => message.replace(/,? ?(\.{3})?".*"(\.{3})? is not valid JSON$/s, '')

/** JSON.parse lets the last one win; JSON is YAML, and its reader tells. */
const repeatedKeys = (text: string): string[] =>
  parseDocument(text)
    .errors.filter(({ code }) => code === 'DUPLICATE_KEY')
    .map(({ linePos }) => `line ${linePos?.[0].line}: a key stands twice: keep one`)

function withBaseUrl(value: unknown, baseUrl: string): unknown {
  if (typeof value === 'string') return value.replaceAll('{BASE_URL}', () => baseUrl)
  if (Array.isArray(value)) return value.map((item) => withBaseUrl(item, baseUrl))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withBaseUrl(inner, baseUrl)]))
}
