import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Secrets {
  sealingKey: string
  internalKey: string
}

/** Secrets of this house alone, made at its first start: nothing in the repository opens it. */
export function houseSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Secrets
  const secrets = { sealingKey: fernetKey(), internalKey: randomBytes(32).toString('base64url') }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 })
  return secrets
}

const fernetKey = () => randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
