import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '@munjigi/testing/eventually'

const LAUNCH = fileURLToPath(new URL('../../launch.mjs', import.meta.url))
const STANDS = "console.log(process.pid); process.on('SIGTERM', () => process.exit()); setInterval(() => {}, 1e6)"

test('what npm started ends with it, though npm passes its signal to the shell alone', async () => {
  const { PATH, HOME } = process.env
  const line = `"${process.execPath}" "${LAUNCH}" node -e "${STANDS}"; :`
  const shell = spawn('sh', ['-c', line], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH, HOME, npm_lifecycle_event: 'start' },
  })
  const [written] = (await once(shell.stdout, 'data')) as [Buffer]
  const pid = Number(written.toString())
  assert.ok(process.kill(pid, 0))
  shell.kill('SIGTERM')

  await eventually(() => assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }))
})
