import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { followFile } from './followed-file.ts'

function follow(t: TestContext, isUsable = true) {
  const path = join(mkdtempSync(join(tmpdir(), 'followed-')), 'file')
  writeFileSync(path, 'one')
  const loaded = new EventEmitter()
  const texts: (string | undefined)[] = []
  const file = followFile({
    path,
    text: 'one',
    read: () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
    load(text) {
      texts.push(text)
      loaded.emit('text')
      return isUsable
    },
    onUnwatched: assert.fail,
  })
  t.after(file.close)
  return { path, file, texts, next: () => once(loaded, 'text') }
}

test('each text that differs is loaded, and so is that there is none', async (t) => {
  const { path, texts, next } = follow(t)
  for (const change of [() => writeFileSync(path, 'two'), () => rmSync(path), () => writeFileSync(path, 'two')]) {
    const text = next()
    change()
    await text
  }

  assert.deepEqual(texts, ['two', undefined, 'two'])
})

test('a text written again is loaded by reload alone, which says whether it was usable', async (t) => {
  for (const isUsable of [true, false]) {
    const { path, file, texts, next } = follow(t, isUsable)
    const text = next()
    writeFileSync(path, 'one')
    writeFileSync(path, 'two')
    await text
    assert.deepEqual([file.reload(), texts], [isUsable, ['two', 'two']])
  }
})

test('SIGHUP loads the file as it is', async (t) => {
  const { texts, next } = follow(t)
  const text = next()
  process.kill(process.pid, 'SIGHUP')
  await text

  assert.deepEqual(texts, ['one'])
})

test('a closed file is followed no more', (t) => {
  const { file } = follow(t)
  const listeners = process.listenerCount('SIGHUP')
  file.close()

  assert.equal(process.listenerCount('SIGHUP'), listeners - 1)
})
