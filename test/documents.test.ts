import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'

const LINK = /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g
const IMPORT = /^import (?:type )?\{ (.*?) \} from '@munjigi\/([a-z-]+)\/([a-z-]+)'/gm
const documents = globSync('{*.md,{docs,gateway,certs,infra}/**/*.md,{services,packages}/*/README.md}', {
  exclude: ['**/node_modules/**'],
})

/** As GitHub names the place of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
const anchorsIn = (file: string) =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, it]) => anchorOf(it ?? ''))

test('every link of a document leads to a file that is there, and to a heading in it', () => {
  const links = documents.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(LINK)].map(([, path = '', anchor]) => ({
      from: `${file} → ${path}#${anchor ?? ''}`,
      to: path === '' ? file : join(dirname(file), path),
      anchor,
    })),
  )
  const broken = links.filter(({ to, anchor }) => !existsSync(to) || (anchor && !anchorsIn(to).includes(anchor)))

  assert.ok(links.length > 20)
  assert.deepEqual(
    broken.map(({ from }) => from),
    [],
  )
})

test('what an example of a document imports from a package is there', () => {
  const imports = documents.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(IMPORT)].flatMap(([, names = '', folder, module]) =>
      names
        .split(',')
        .map((name) => ({ name: name.trim().replace('type ', ''), module: `packages/${folder}/src/${module}.ts` })),
    ),
  )
  const absent = imports.filter(
    ({ name, module }) => !new RegExp(`^export .*\\b${name}\\b`, 'm').test(readFileSync(module, 'utf8')),
  )

  assert.ok(imports.length > 10)
  assert.deepEqual(absent, [])
})

for (const file of globSync(['gateway/src/env.ts', 'services/*/src/env.ts', 'infra/host/src/env.ts'])) {
  const readme = file === 'infra/host/src/env.ts' ? 'docs/runbooks/one-process.md' : join(dirname(file), '../README.md')

  test(`${readme} names every variable of its service`, async () => {
    const { Env } = (await import(resolve(file))) as { Env: { properties: object } }
    const names = new Set(readFileSync(readme, 'utf8').match(/[A-Z][A-Z0-9_]+/g))
    const unnamed = Object.keys(Env.properties).filter((name) => !names.has(name))

    assert.deepEqual(unnamed, [])
  })
}
