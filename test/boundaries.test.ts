import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const SCOPE = '@munjigi/'
/** STYLE of the house: who may import whom. Packages that are not listed stand on nothing of ours. */
const MAY: Record<string, string[]> = {
  server: ['problem'],
  client: ['contracts', 'deadline', 'problem'],
  db: ['deadline', 'turns'],
  store: ['deadline'],
  turns: ['deadline'],
  'dev-idp': ['deadline'],
  identity: ['contracts', 'deadline', 'env', 'problem', 'store'],
  'chatbot-sdk': ['contracts', 'db', 'deadline', 'identity', 'problem', 'sealing', 'store'],
  testing: ['contracts', 'db', 'store', 'dev-idp'],
}
const folders = globSync(
  ['packages/*', 'services/*', 'gateway', 'infra/*', 'test', 'bench'].map((folder) => `${folder}/package.json`),
)
const manifests = folders.map((path) => ({ path, ...JSON.parse(readFileSync(path, 'utf8')) }))
const ours = (dependencies: object = {}): string[] =>
  Object.keys(dependencies).flatMap((name) => (name.startsWith(SCOPE) ? [name.slice(SCOPE.length)] : []))

test('packages stand only on the packages below them', () => {
  for (const { path, name, dependencies } of manifests.filter(({ path }) => path.startsWith('packages/')))
    for (const used of ours(dependencies))
      assert.ok(MAY[name.slice(SCOPE.length)]?.includes(used), `${path} may not use ${used}`)
})

test('the gateway and the services never import each other, nor what is for tests', () => {
  const services = manifests.filter(({ path }) => /^(services|gateway)/.test(path))
  const names = services.map(({ name }) => name.slice(SCOPE.length))
  for (const { path, dependencies } of services)
    for (const used of ours(dependencies))
      assert.ok(![...names, 'testing', 'dev-idp', 'dev-target'].includes(used), `${path} may not use ${used}`)
})

test('packages are checked against the Node that runs them, whichever installs them', () => {
  const workspace = readFileSync('pnpm-workspace.yaml', 'utf8')
  const pinned = /^ {2}node-24: npm:node@(.*)$/m.exec(workspace)?.[1]

  assert.ok(pinned)
  assert.equal(/^nodeVersion: (.*)$/m.exec(workspace)?.[1], pinned)
})

test('every version stands in the catalogue', () => {
  for (const { path, dependencies, devDependencies } of manifests)
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      assert.equal(version, name.startsWith(SCOPE) ? 'workspace:*' : 'catalog:', `${path}: ${name}`)
})
