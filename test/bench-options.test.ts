import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

test('the benchmark refuses an option or a table that it does not know, and says which there are', () => {
  for (const words of [['--round', '3'], ['user', '--rounds', 'x'], ['nothing']]) {
    const { status, stderr } = spawnSync(process.execPath, ['bench/main.ts', ...words], { encoding: 'utf8' })

    assert.equal(status, 2, stderr)
    assert.match(stderr, /^bench: .*\[gateway\|relay\|session-station\|user\] \[--rounds 7\]/)
  }
})
