import { readFileSync } from 'node:fs'
import { wholeEnvironment } from '@munjigi/env'
import { type Environment, replaceVariables } from '@munjigi/env/variables'
import { Type } from 'typebox'
import { Clone, Convert, Default, Errors } from 'typebox/value'
import { parse } from 'yaml'
import { Issuer } from './issuers.ts'

const Issuers = Type.Array(Issuer)
const MAX_ALIASES = 20

/**
 * The list `issuers` of a services.yaml, variables replaced as the gateway replaces them, so that services trust exactly
 * whom the gateway trusts.
 * @throws Error naming the file and what is wrong with its list.
 */
export function readIssuersFile(path: string, environment: Environment = wholeEnvironment()): Issuer[] {
  const file = parse(textOf(path), { maxAliasCount: MAX_ALIASES }) as { issuers?: unknown } | null
  const missing: string[] = []
  const replaced = mapText(Clone(file?.issuers ?? []), (text) => {
    const result = replaceVariables(text, environment)
    missing.push(...result.missing)
    return result.text
  })
  const issuers = Convert(Issuers, Default(Issuers, replaced))
  const faults = [
    ...missing.map((name) => `the variable ${name} has no value`),
    ...Errors(Issuers, issuers).map(({ instancePath, message }) => `issuers${instancePath}: ${message}`),
    ...nameless(issuers).map((issuer) => `issuers: ${issuer} needs a name, or people: shared`),
  ]
  if (faults.length > 0) throw new Error(`${path} is not usable:\n  ${faults.join('\n  ')}`)
  return issuers as Issuer[]
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`ISSUERS_FILE cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function mapText(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value)
  if (Array.isArray(value)) return value.map((item) => mapText(item, replace))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapText(item, replace)]))
}

/** Without a name the subjects of an issuer with people of its own would be everybody's. */
const nameless = (issuers: unknown): string[] =>
  (Array.isArray(issuers) ? (issuers as Partial<Issuer>[]) : [])
    .filter(({ people, name }) => people !== 'shared' && name === undefined)
    .map(({ issuer }) => String(issuer))
