// `node --test` with the options given, on those files of the pattern at their end that touch real parts: what the others
// say of the code they have said in the run without.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { touchesRealParts } from './real-parts.ts'

const options = process.argv.slice(2)
const pattern = options.pop() ?? ''
const files = globSync(pattern)
  .filter((file) => touchesRealParts(resolve(file)))
  .sort()
if (files.length === 0) throw new Error(`no test of ${pattern} touches real parts`)
const { status } = spawnSync(process.execPath, ['--test', ...options, ...files], { stdio: 'inherit' })
process.exitCode = status ?? 1
