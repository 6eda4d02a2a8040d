import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { accessLine } from './access-log.ts'
import { LumpWriter } from './lump-writer.ts'

function openFile(t: TestContext) {
  const path = join(mkdtempSync(join(tmpdir(), 'munjigi-lines-')), 'out')
  const fd = openSync(path, 'w')
  t.after(() => closeSync(fd))
  return { fd, read: () => readFileSync(path, 'latin1') }
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index} ${'x'.repeat(index % 300)}\n`)

test('every line is written once, whole and in order', async (t) => {
  const { fd, read } = openFile(t)
  const writer = new LumpWriter(fd)
  const lines = numbered(2000)
  for (const line of lines) writer.write(line)
  await writer.close()

  assert.equal(read(), lines.join(''))
})

test('a reader that pauses holds nobody up and misses nothing', async () => {
  const module = new URL('./lump-writer.ts', import.meta.url).href
  const script = `import { LumpWriter } from ${JSON.stringify(module)}
    const writer = new LumpWriter(1)
    for (let index = 0; index < 5000; index += 1) writer.write('line ' + index + ' ' + 'x'.repeat(index % 300) + '\\n')
    process.stderr.write('all taken')
    await writer.close()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  const taken = await new Promise((resolve) => child.stderr.once('data', resolve))

  assert.equal(String(taken), 'all taken')
  assert.equal(await text(child.stdout), numbered(5000).join(''))
})

test('what is left when the process exits is written then', async () => {
  const module = new URL('./lump-writer.ts', import.meta.url).href
  const script = `import { LumpWriter } from ${JSON.stringify(module)}
    new LumpWriter(1).write('the last line\\n')
    process.exit(0)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })

  assert.equal(await text(child.stdout), 'the last line\n')
})

test('an access line is ASCII and says what it was given', () => {
  const given = { method: 'GET', module: 'meal', status: 200, duration: 1.26, client: '10.0.0.1', requestId: 'r-1' }
  const line = accessLine({ ...given, pattern: '/meal/식단"', subject: 'partner|o"neil\\' })

  assert.match(line, /^[\x20-\x7e]+\n$/)
  const { time: _, ...said } = JSON.parse(line)
  assert.deepEqual(said, {
    level: 30,
    name: 'gateway',
    method: 'GET',
    module: 'meal',
    route: '/meal/식단"',
    status: 200,
    ms: 1.3,
    subject: 'partner|o"neil\\',
    client: '10.0.0.1',
    request_id: 'r-1',
    msg: 'request',
  })
})
