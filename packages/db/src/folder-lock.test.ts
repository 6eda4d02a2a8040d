import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, test } from 'node:test'
import { connect } from './connect.ts'
import { lockFolder } from './folder-lock.ts'

const root = mkdtempSync(`${tmpdir()}/munjigi-lock-`)
after(() => rmSync(root, { recursive: true }))

// PGlite writes its files for everybody; PostgreSQL itself starts in no folder that others may enter.
test('nobody else on the machine may enter the folder of a database', async () => {
  const folder = `${root}/private/data`
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  for (let round = 0; round < 2; round += 1) {
    // Closing waits until it has begun, which on a busy machine takes longer than `isAlive` does.
    await connect(`pglite://${folder}`).close()

    assert.equal(statSync(folder).mode & 0o777, 0o700)
  }
})

test('a folder is opened once until it is closed', async () => {
  const folder = `${root}/deep/once`
  const database = connect(`pglite://${folder}`)
  assert.throws(() => connect(`pglite://${folder}`), /is in use by process/)
  await database.close()

  lockFolder(folder)()
})

test('a folder held by another living process is refused, and free when that process has died', async () => {
  const folder = `${root}/other`
  const other = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1e6)'])
  writeFileSync(`${folder}.lock`, `${other.pid}`)
  assert.throws(() => lockFolder(folder), new RegExp(`in use by process ${other.pid}`))
  other.kill('SIGKILL')
  await once(other, 'exit')

  lockFolder(folder)()
})

test('a lock that an earlier process of the same number left behind, or an empty one, holds nobody up', () => {
  for (const left of [`${process.pid}`, '']) {
    writeFileSync(`${root}/left.lock`, left)
    lockFolder(`${root}/left`)()
  }
})
