import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const pinned = fileURLToPath(new URL('../node_modules/node-24/bin/node', import.meta.url))

/** Runs a TypeScript main with the Node that the workspace pins; a program's own name may be started by an older one. */
export function handOver(main) {
  const node = existsSync(pinned) ? pinned : process.execPath
  const { status } = spawnSync(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exit(status ?? 1)
}
