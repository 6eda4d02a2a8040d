#!/usr/bin/env node
// Runs on any Node ≥ 20 and hands over to the pinned one.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const launch = fileURLToPath(new URL('../../launch.mjs', import.meta.url))
const main = fileURLToPath(new URL('../src/munjigi.ts', import.meta.url))
const { status } = spawnSync(process.execPath, [launch, 'node', main, ...process.argv.slice(2)], { stdio: 'inherit' })
process.exit(status ?? 1)
