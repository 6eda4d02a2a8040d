import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

async function run(t: TestContext, variables: Record<string, string>, ...words: string[]) {
  const child = spawn(process.execPath, [MAIN, ...words], { env: variables })
  t.after(() => child.kill('SIGKILL'))
  let written = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      written += chunk
    })
  const [code] = await once(child, 'close')
  return { code, written }
}

test('a command or an option that it does not know is told those it has', async (t) => {
  for (const words of [
    ['rotate-key'],
    ['import'],
    ['import', 'a.csv', 'b.csv'],
    ['import', 'a.csv', '--tenant', 'x'],
  ]) {
    const { code, written } = await run(t, {}, ...words)
    assert.equal(code, 1)
    assert.match(written, /^usage: munjigi-user/)
  }
})

test('import asks for the database and nothing else, and says what is wrong without a stack', async (t) => {
  const bare = await run(t, {}, 'import', 'absent.csv')
  const away = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
  const absent = await run(t, away, 'import', 'absent.csv')
  const unreachable = await run(t, away, 'import', fileURLToPath(import.meta.url))

  assert.deepEqual(
    [...bare.written.matchAll(/^ {2}(\S+) is missing/gm)].map(([, name]) => name),
    ['DATABASE_URL'],
  )
  assert.match(absent.written, /absent\.csv cannot be read/)
  assert.match(unreachable.written, /ECONNREFUSED/)
  for (const { code, written } of [bare, absent, unreachable]) {
    assert.equal(code, 1)
    assert.ok(!/ at .*\.ts:\d+/.test(written), written)
  }
})
