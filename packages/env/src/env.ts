import { type Static, type TObject, type TSchema, Type } from 'typebox'
import { Check, Convert, Default } from 'typebox/value'

const SECRET_MIN_LENGTH = 32
const SECRET_MIN_DISTINCT_CHARACTERS = 10
const PLACEHOLDER = /^(dev-|munjigi-dev|change-?me|example|secret|password|<)/i

/** A secret: no default, at least 32 characters, and never a development or placeholder value in production. */
export const Secret = (description: string) =>
  Type.String({ minLength: SECRET_MIN_LENGTH, description, 'x-secret': true })

/** `a, b,,c` as it stands in a variable; `listOf` splits it. */
export const listOf = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

/** Every fault of the environment at once, each naming its variable and what it should be. */
export class EnvError extends Error {
  readonly faults: string[]
  constructor(faults: string[]) {
    super(`The environment is not usable:\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
    this.name = 'EnvError'
    this.faults = faults
  }
}

/** The process's environment itself, for names that only a file or a command line knows. */
export const wholeEnvironment = (): Readonly<Record<string, string | undefined>> => process.env

interface ReadOptions {
  /** Read from here instead of the process: what tests and the embedded house pass. */
  source?: Record<string, string | undefined>
  /** Accepts development secrets. An argument only, so no variable can turn production off. */
  development?: boolean
}

/**
 * Reads the environment by a schema, `<SERVICE>_<NAME>` before `<NAME>`, so that services can share a host.
 * An empty value counts as absent.
 * @throws EnvError listing every fault.
 */
export function readEnv<T extends TObject>(schema: T, service?: string, options: ReadOptions = {}): Static<T> {
  const { present, spelledAs } = pick(Object.keys(schema.properties), service, options.source ?? process.env)
  const values = Convert(schema, Default(schema, { ...present })) as Record<string, unknown>
  const faults = [...missing(schema, values), ...malformed(schema, values, { present, spelledAs })]
  if (options.development !== true) faults.push(...weakSecrets(schema, values, spelledAs))
  if (faults.length > 0) throw new EnvError(faults)
  return values as Static<T>
}

/** `readEnv` for a `main.ts`: every fault is printed and the process ends with 1. */
export const requireEnv = <T extends TObject>(schema: T, service?: string): Static<T> =>
  requireUsable(() => readEnv(schema, service))

/** What is made of the configuration, for a `main.ts`: where that throws, its message is printed and the process ends with 1. */
export function requireUsable<T>(configured: () => T): T {
  try {
    return configured()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(1)
  }
}

function pick(names: string[], service: string | undefined, source: Record<string, string | undefined>) {
  const prefix = service === undefined ? '' : `${service.toUpperCase().replaceAll('-', '_')}_`
  const present: Record<string, string> = {}
  const spelledAs: Record<string, string> = {}
  for (const name of names) {
    const spelling = source[prefix + name] ? prefix + name : name
    spelledAs[name] = spelling
    if (source[spelling]) present[name] = source[spelling]
  }
  return { present, spelledAs }
}

function missing(schema: TObject, values: Record<string, unknown>): string[] {
  const required: readonly string[] = schema.required ?? []
  return required
    .filter((name) => values[name] === undefined)
    .map((name) => `${name} is missing: ${expected(schema, name)}`)
}

function malformed(
  schema: TObject,
  values: Record<string, unknown>,
  { present, spelledAs }: Pick<ReturnType<typeof pick>, 'present' | 'spelledAs'>,
): string[] {
  return Object.entries(schema.properties)
    .filter(([name, property]) => values[name] !== undefined && !isOf(property, values[name], present[name]))
    .map(([name]) => `${spelledAs[name]} is not usable: ${expected(schema, name)}`)
}

// Conversion cuts 8.5 to 8 and takes true for 1; Python programs write 8.0.
const WHOLE = /^\s*[+-]?\d+(\.0+)?\s*$/

const isOf = (property: TSchema, value: unknown, text = '0'): boolean =>
  Check(property, value) && (!('type' in property && property.type === 'integer') || WHOLE.test(text))

function weakSecrets(schema: TObject, values: Record<string, unknown>, spelledAs: Record<string, string>): string[] {
  return Object.entries(schema.properties)
    .filter(([name, property]) => 'x-secret' in property && typeof values[name] === 'string')
    .filter(([name]) => isWeak(values[name] as string))
    .map(
      ([name]) =>
        `${spelledAs[name]} is a development or guessable value: make one with "openssl rand -base64 32 | tr +/ -_"`,
    )
}

/** What no secret of production may be: shorter than 32 characters, or a development, placeholder or guessable value. */
export const isWeakSecret = (secret: string): boolean => secret.length < SECRET_MIN_LENGTH || isWeak(secret)

/** Of a list, by any item; a name before a colon says nothing about the secret after it. */
const isWeak = (secret: string): boolean =>
  listOf(secret)
    .map((item) => item.slice(item.indexOf(':') + 1))
    .some((part) => PLACEHOLDER.test(part) || new Set(part).size < SECRET_MIN_DISTINCT_CHARACTERS)

function expected(schema: TObject, name: string): string {
  const property = schema.properties[name] as Record<string, unknown>
  const parts = [property.description, property.enum && `one of ${(property.enum as string[]).join(', ')}`]
  if (property.minLength !== undefined) parts.push(`at least ${property.minLength} characters`)
  if (property.pattern !== undefined) parts.push(`of the form ${property.pattern}`)
  if (property.type === 'integer') parts.push(`a whole number${range(property)}`)
  if (property.type === 'boolean') parts.push('true or false')
  const text = parts.filter(Boolean).join(', ')
  return text === '' ? `a ${property.type ?? 'value'}` : text
}

function range({ minimum, maximum }: Record<string, unknown>): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  return minimum === undefined ? '' : ` of at least ${minimum}`
}
