// Runs on any Node ≥ 20: installs the workspace when the lock file changed, then runs the rest of the
// command line with the Node and pnpm that this repository pins.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(fileURLToPath(import.meta.url), '../..')
const packageManager = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager
const stamp = join(root, 'node_modules/.munjigi-installed')
const node24 = join(root, 'node_modules/node-24/bin')

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'pnpm-lock.yaml')))
  .update(process.platform + process.arch)
  .digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted || !existsSync(node24)) {
  process.stderr.write('munjigi: installing what pnpm-lock.yaml names …\n')
  const install = spawnSync('npx', ['-y', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (install.status !== 0) {
    process.stderr.write('munjigi: the installation failed; what it printed is above\n')
    process.exit(install.status ?? 1)
  }
  writeFileSync(stamp, wanted)
}

const [command, ...args] = process.argv.slice(2)
const invocation = command === 'pnpm' ? ['npx', ['-y', packageManager, ...args]] : [command, args]
const child = spawn(invocation[0], invocation[1], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: [node24, join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter) },
})
// The terminal sends Ctrl-C to the whole group; a supervisor signals only this process, so TERM is passed on.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
