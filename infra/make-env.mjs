// Writes .env from .env.example with a fresh secret for every <secret>. What stands in an .env that is there stays as it is:
// only names that a newer version asks for are added.
import { randomBytes } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const file = join(root, '.env')

// 32 bytes in URL-safe base64 is what a sealing key must be, and stands in a URL as it is. A leading - would be an option.
function secret() {
  const text = randomBytes(32).toString('base64url')
  return text.startsWith('-') ? secret() : text
}

const example = readFileSync(join(root, '.env.example'), 'utf8').replace(/(?<==)<secret>$/gm, secret)
const namesIn = (text) => new Set(text.match(/^[A-Z_]+(?==)/gm))

try {
  writeFileSync(file, example, { flag: 'wx', mode: 0o600 })
  process.stdout.write('.env is written; docker compose reads it\n')
} catch (error) {
  if (error.code !== 'EEXIST') throw error
  const present = readFileSync(file, 'utf8')
  const known = namesIn(present)
  const missing = example.split('\n').filter((line) => /^[A-Z_]+=/.test(line) && !known.has(line.split('=')[0]))
  if (missing.length > 0) appendFileSync(file, `${present.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`)
  const names = missing.map((line) => line.split('=')[0]).join(', ')
  process.stdout.write(
    `.env is there already and stays: its secrets open what is stored. Added: ${names || 'nothing'}\n`,
  )
}
