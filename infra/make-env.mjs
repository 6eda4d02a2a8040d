// Writes .env from .env.example with a fresh secret for every <secret>; an .env that is there stays as it is.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

// 32 bytes in URL-safe base64 is what a sealing key must be, and stands in a URL as it is. A leading - would be an option.
function secret() {
  const text = randomBytes(32).toString('base64url')
  return text.startsWith('-') ? secret() : text
}

const example = readFileSync(join(root, '.env.example'), 'utf8')
try {
  writeFileSync(join(root, '.env'), example.replace(/(?<==)<secret>$/gm, secret), { flag: 'wx', mode: 0o600 })
  process.stdout.write('.env is written; docker compose reads it\n')
} catch (error) {
  if (error.code !== 'EEXIST') throw error
  process.stderr.write('.env is there already and stays: its secrets open what is stored. Remove it to begin anew\n')
  process.exitCode = 1
}
