import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const text = () => randomBytes(32).toString('base64url')
const fernetKey = () => randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_')

const MAKERS = {
  sealingKey: fernetKey,
  internalKey: text,
  /** What the case service shows user. */
  caseKey: text,
  /** Signs the relay's login links. */
  linkKey: text,
  /** Signs what the relay brings the chatbot, and what the chatbot asks the relay. */
  relayKey: text,
  issueKey: text,
  /** Seals the tokens that the chatbot keeps. */
  tokenKey: fernetKey,
  /** What the messenger shows the chatbot, and its unlink notices show the relay. */
  skillKey: text,
  messengerKey: text,
  /** Seals what session-station keeps. */
  stationKey: fernetKey,
}
type SecretName = keyof typeof MAKERS
export type Secrets = Record<SecretName, string>

/** Secrets of this house alone, made at its first start (those of a later version at its own): nothing in the repository opens it. */
export function houseSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json')
  const kept: Partial<Secrets> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const names = Object.keys(MAKERS) as SecretName[]
  const secrets = Object.fromEntries(names.map((name) => [name, kept[name] ?? MAKERS[name]()])) as Secrets
  if (names.every((name) => kept[name] !== undefined)) return secrets
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Whole or not at all: what these secrets sealed would be lost with them.
  writeFileSync(`${file}.new`, JSON.stringify(secrets), { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return secrets
}
