import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'

const THROWN =
  /(?:(?:new Problem|\brefused)\(\s*\w+,|\b(?:unauthenticated|forbidden|absent|conflict|failed)\()\s*'([a-z-]+)'/g
const SECTION = /^## Problem types\n.*?(?=^## )|^Problems of its own: .*?$/ms

const textOf = (files: string[]) => files.map((file) => readFileSync(file, 'utf8')).join('\n')
const sourcesOf = (folder: string) =>
  globSync(`${folder}/src/**/*.ts`).filter((file) => !/\.(test|fixture)\.ts$/.test(file))
const thrownIn = (folder: string) => new Set([...textOf(sourcesOf(folder)).matchAll(THROWN)].map(([, type]) => type))

const services = globSync(['gateway', 'services/*'].map((folder) => `${folder}/README.md`)).map((readme) => {
  const section = SECTION.exec(`${readFileSync(readme, 'utf8')}\n## `)?.[0] ?? ''
  const listed = new Set([...section.matchAll(/`([a-z-]+)`/g)].map(([, type]) => type))
  return { readme, listed, thrown: thrownIn(dirname(readme)) }
})
const everywhere = new Set([...services.flatMap(({ thrown }) => [...thrown]), ...thrownIn('packages/*')])

for (const { readme, listed, thrown } of services) {
  test(`${readme} lists every refusal of its own`, () => {
    assert.ok(thrown.size > 0)
    const unlisted = [...thrown].filter((type) => !listed.has(type))

    assert.deepEqual(unlisted, [])
  })

  test(`${readme} lists no refusal that nobody answers`, () => {
    // A word without a hyphen may be a field of the body.
    const unknown = [...listed].filter((type) => type?.includes('-') && !everywhere.has(type))

    assert.deepEqual(unknown, [])
  })
}
