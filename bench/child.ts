import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']).toString())
const canPin = (() => {
  try {
    execFileSync('taskset', ['-c', '0', 'true'])
    return true
  } catch {
    return false
  }
})()

/** Everything under test has this core, load and upstream the other. */
export const TESTED_CORE = 0
export const LOAD_CORE = 1

export const pinning = canPin ? 'pinned to one core each' : 'NOT pinned: install util-linux (taskset)'

/** Starts a program on a core; its output goes nowhere, as an access log written to a file would. */
export function start(core: number, command: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const full = canPin ? ['taskset', '-c', String(core), command, ...args] : [command, ...args]
  const child = spawn(full[0] as string, full.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2_000)
  })
  child.on('exit', (code) => {
    if (code !== null && code !== 0 && code !== 143) process.stderr.write(`${command} ended with ${code}:\n${errors}\n`)
  })
  return child
}

/** Starts a module of ours on a core with a message channel. */
export function startModule(core: number, module: URL): ChildProcess {
  const child = fork(module, { execArgv: [] })
  if (canPin) execFileSync('taskset', ['-a', '-cp', String(core), String(child.pid)], { stdio: 'ignore' })
  return child
}

/** Sends a question and waits for its answer. @throws Error where the process ends without one */
export async function ask<Answer>(child: ChildProcess, question: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const ended = () => reject(new Error(`a process of the bench ended with ${child.exitCode}`))
  if (child.exitCode !== null) ended()
  child.once('message', (answer) => resolve(answer as Answer))
  child.once('exit', ended)
  if (child.connected) child.send(question)
  return promise.finally(() => child.off('exit', ended))
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await gone
  clearTimeout(timer)
}

/** Seconds of CPU that a process and its descendants have used. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  return own + childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), 0)
}

/** Resident memory of a process and its descendants in bytes. */
export function residentBytes(pid: number): number {
  const own = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024
  return own + childrenOf(pid).reduce((sum, child) => sum + residentBytes(child), 0)
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  )
}

/** Waits until a port answers HTTP at all. */
export async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      await fetch(`http://127.0.0.1:${port}/healthz`)
      return
    } catch {
      await delay(50)
    }
  }
  throw new Error(`nothing answers on port ${port}`)
}
