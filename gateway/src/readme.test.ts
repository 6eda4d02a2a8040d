import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

test('every refusal of the gateway stands in its README', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
  const slugs = sources.flatMap((text) =>
    [...text.matchAll(/(?:new Problem\(\s*\d+|unauthenticated\(|forbidden\(),?\s*'([a-z-]+)'/g)].map(
      ([, slug]) => slug,
    ),
  )

  assert.ok(slugs.length > 20)
  for (const slug of slugs) assert.ok(readme.includes(`\`${slug}\``), slug)
})
