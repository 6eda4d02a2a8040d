import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { endProcess, startProcess } from './own-process.ts'

async function programOf(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'own-process-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'main.mjs')
  writeFileSync(file, text)
  return file
}

test('a program has the environment and the words that it is given, and what it writes is kept', async (t) => {
  const file = await programOf(
    t,
    'console.log(Object.keys(process.env), process.argv[2]); console.error("wrong"); process.exitCode = 3',
  )
  const { exited, written, listening } = startProcess(file, { GIVEN: 'x' }, ['check'])

  assert.equal(await exited, 3)
  assert.match(written(), /\[ 'PATH', 'GIVEN' \] check/)
  assert.match(written(), /wrong/)
  await assert.rejects(listening(), /it ended with 3: .*wrong/s)
})

test('the address of a program is what it says, and one that stands still ends too', async (t) => {
  const file = await programOf(
    t,
    'console.log(JSON.stringify({ msg: "Server listening at http://127.0.0.1:7" })); setInterval(() => {}, 1e6)',
  )
  const program = startProcess(file)
  assert.equal(await program.listening(), 'http://127.0.0.1:7')
  program.child.kill('SIGSTOP')
  await endProcess(program)

  assert.equal(await program.exited, null)
})
