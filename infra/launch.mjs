// Runs on any Node ≥ 20: installs the workspace when the lock file changed, builds the console's pages when `--build`
// asks for it and they are older than their sources, then runs the rest of the command line with the Node and pnpm that
// this repository pins.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const END_WITHIN_MS = 2_900
const root = join(fileURLToPath(import.meta.url), '../..')
const packageManager = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager
const stamp = join(root, 'node_modules/.munjigi-installed')
const node24 = join(root, 'node_modules/node-24/bin')

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'pnpm-lock.yaml')))
  .update(process.platform + process.arch)
  .digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted || !existsSync(node24)) {
  pnpm('installing what pnpm-lock.yaml names', ['install', '--frozen-lockfile', '--reporter=append-only'])
  writeFileSync(stamp, wanted)
}

const line = process.argv.slice(2)
if (line[0] === '--build') {
  line.shift()
  const sources = ['services/console/src', 'services/console/vite.config.ts', 'packages/contracts/src']
  const built = join(root, 'services/console/dist/index.html')
  if (!existsSync(built) || statSync(built).mtimeMs < Math.max(...sources.map(newest)))
    pnpm("building the console's pages", ['--filter', '@munjigi/console', 'run', 'build'])
}

function pnpm(what, args) {
  process.stderr.write(`munjigi: ${what} …\n`)
  const path = [node24, process.env.PATH].join(delimiter)
  const { status } = spawnSync('npx', ['-y', packageManager, ...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, PATH: path },
  })
  if (status === 0) return
  process.stderr.write(`munjigi: ${what} failed; what it printed is above\n`)
  process.exit(status ?? 1)
}

function newest(path) {
  const full = join(root, path)
  if (!statSync(full).isDirectory()) return statSync(full).mtimeMs
  return Math.max(...readdirSync(full).map((name) => newest(join(path, name))))
}

const [command, ...args] = line
const invocation = command === 'pnpm' ? ['npx', ['-y', packageManager, ...args]] : [command, args]
const child = spawn(invocation[0], invocation[1], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: [node24, join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter) },
})
// The terminal sends Ctrl-C to the whole group; a supervisor signals only this process, so TERM is passed on.
process.on('SIGINT', endSoon)
process.on('SIGTERM', () => {
  child.kill('SIGTERM')
  endSoon()
})

// npm answers a signal of its own by ending the shell between us, which tells nobody.
if (process.env.npm_lifecycle_event !== undefined) {
  const shell = process.ppid
  setInterval(() => process.ppid !== shell && process.kill(process.pid, 'SIGTERM'), 500).unref()
}

/** A house whose thread is held, by a database that makes its files, hears no signal; its data stand being cut off. */
function endSoon() {
  if (command === 'node') setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS).unref()
}
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
