import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { test } from 'node:test'
import { touchesRealParts } from '../infra/ci/real-parts.ts'

/** What its one file asks of a provider, auth-relay and chatbot-sdk ask of a real one. */
const WITHOUT = 'packages/identity/package.json'
const manifests = globSync(['packages/*', 'services/*', 'gateway', 'infra/*', 'test'].map((at) => `${at}/package.json`))

test('a package whose tests touch PostgreSQL, Redis or Keycloak runs them on real ones too, with the same options', () => {
  const touching = manifests.filter((path) =>
    globSync(`${dirname(path)}/{src,e2e}/**/*.test.ts`).some((file) => touchesRealParts(resolve(file))),
  )
  const tested = touching.filter((path) => path !== WITHOUT)
  assert.ok(tested.length > 10)
  for (const path of tested) {
    const { scripts } = JSON.parse(readFileSync(path, 'utf8'))
    assert.match(scripts['test:real'] ?? '', /^node [./]*infra\/ci\/real-tests\.ts --test-/, path)
    assert.equal(scripts['test:real'].replace(/\S*real-tests\.ts/, '--test'), scripts.test, path)
  }
})
