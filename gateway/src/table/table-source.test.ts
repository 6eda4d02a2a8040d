import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { canonicalTarget } from '../door/canonical.ts'
import { ServicesFileError } from './file-fault.ts'
import { createTableSource, type TableSource } from './table-source.ts'

const fileOf = (module: string) => `services:\n  a: { host: 'http://a:1', modules: [${module}] }\npublic_hosts: [a]\n`
const has = (source: TableSource, module: string) => source.current().modules.has(module)

interface Started {
  source: TableSource
  events: EventEmitter
  logged: Record<string, unknown>[]
}

// Polling stands still unless a test turns it on, so that what is followed was told by the watcher.
function start(context: TestContext, path: string): Started {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const events = new EventEmitter()
  const logged: Record<string, unknown>[] = []
  const note = (facts: object, message: string) => {
    logged.push({ ...facts, message })
    events.emit(message)
  }
  const source = createTableSource({
    path,
    env: {},
    log: { info: note, warn: note, error: note },
  })
  source.onChange((table) => events.emit('changed', table))
  context.after(() => source.close())
  return { source, events, logged }
}

function folderWith(text: string): { folder: string; path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'reload-'))
  const path = join(folder, 'services.yaml')
  writeFileSync(path, text)
  return { folder, path }
}

test('a file written in place takes effect, and the old table stays whole', async (context) => {
  const { path } = folderWith(fileOf('one'))
  const { source, events } = start(context, path)
  const held = source.current()
  const changed = once(events, 'changed')
  writeFileSync(path, fileOf('two'))
  const [table] = await changed

  assert.equal(table, source.current())
  assert.deepEqual([held.generation, table.generation], [1, 2])
  assert.equal(held.match(canonicalTarget('/api/one', 'GET'), 'GET')?.module, 'one')
  assert.ok(has(source, 'two') && !has(source, 'one'))
})

test("an editor's rename over the file is followed, again and again", async (context) => {
  const { folder, path } = folderWith(fileOf('one'))
  const { source, events } = start(context, path)
  for (const module of ['two', 'three', 'four']) {
    const changed = once(events, 'changed')
    writeFileSync(join(folder, '.services.yaml.swp'), fileOf(module))
    renameSync(join(folder, '.services.yaml.swp'), path)
    await changed
    assert.ok(has(source, module))
  }
})

test("a config map's link swap is followed", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'reload-'))
  const put = (version: string, module: string) => {
    mkdirSync(join(folder, version))
    writeFileSync(join(folder, version, 'services.yaml'), fileOf(module))
    symlinkSync(version, join(folder, '..data_tmp'))
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  put('..2026_1', 'one')
  symlinkSync('..data/services.yaml', join(folder, 'services.yaml'))
  const { source, events } = start(context, join(folder, 'services.yaml'))
  for (const [version, module] of [
    ['..2026_2', 'two'],
    ['..2026_3', 'three'],
  ] as const) {
    const changed = once(events, 'changed')
    put(version, module)
    await changed
    assert.ok(has(source, module))
  }
})

test('a bad file leaves the last good one and says why, fault by fault', async (context) => {
  const { path } = folderWith(fileOf('one'))
  const { source, events, logged } = start(context, path)
  const refused = once(events, 'services file refused, the last good one stays')
  writeFileSync(path, fileOf('internal, one, ONE'))
  await refused

  assert.deepEqual([has(source, 'one'), source.current().generation], [true, 1])
  assert.deepEqual(
    logged.filter(({ line }) => line !== undefined).map(({ line, column }) => [line, column]),
    [
      [2, 38],
      [2, 53],
    ],
  )
  const changed = once(events, 'changed')
  writeFileSync(path, fileOf('two'))
  await changed
  assert.equal(source.current().generation, 2)
})

test('a deleted file leaves the last good one until it is back', async (context) => {
  const { path } = folderWith(fileOf('one'))
  const { source, events } = start(context, path)
  const refused = once(events, 'services file cannot be read')
  rmSync(path)
  await refused

  assert.ok(has(source, 'one'))
  const changed = once(events, 'changed')
  writeFileSync(path, fileOf('one'))
  await changed
  assert.equal(source.current().generation, 2)
})

test('what no watcher tells is found by polling', async (context) => {
  const { folder, path } = folderWith(fileOf('one'))
  const { source, events } = start(context, path)
  const changed = once(events, 'changed')
  renameSync(folder, `${folder}-old`)
  mkdirSync(folder)
  writeFileSync(path, fileOf('two'))
  context.mock.timers.tick(5000)
  await changed

  assert.ok(has(source, 'two'))
})

test('SIGHUP reads the file now', (context) => {
  const { path } = folderWith(fileOf('one'))
  const { source } = start(context, path)
  writeFileSync(path, fileOf('two'))
  process.emit('SIGHUP', 'SIGHUP')

  assert.ok(has(source, 'two'))
})

test('a reload says whether it worked', (context) => {
  const { path } = folderWith(fileOf('one'))
  const { source } = start(context, path)

  assert.equal(source.reload(), true)
  writeFileSync(path, 'services: [')
  assert.equal(source.reload(), false)
  rmSync(path)
  assert.equal(source.reload(), false)
  assert.equal(source.current().generation, 2)
})

test('the first file must be good', () => {
  const { folder, path } = folderWith('services: []')

  assert.throws(() => createTableSource({ path, env: {}, log: console }), ServicesFileError)
  assert.throws(() => createTableSource({ path: join(folder, 'none'), env: {}, log: console }), { code: 'ENOENT' })
})
