import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { wholeEnvironment } from '@munjigi/env'

const READY_WITHIN_MS = 30_000
const LOOK_MS = 50

export interface OwnProcess {
  child: ChildProcess
  /** Resolves with the exit code; null: ended by a signal. */
  exited: Promise<number | null>
  /** All that it wrote to its log. */
  output(): string
  errors(): string
}

/** One main.ts as production starts it, with this environment and no other. */
export function startProcess(main: string, env: Record<string, string> = {}, args: string[] = []): OwnProcess {
  const { PATH } = wholeEnvironment()
  const path = fileURLToPath(new URL(`../../${main}`, import.meta.url))
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, ...env },
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  return {
    child,
    exited: once(child, 'close').then(([code]) => code as number | null),
    output: () => output,
    errors: () => errors,
  }
}

/** Resolves once `isReady` says so. @throws Error with what it printed where it ends or never is */
export async function untilReady({ exited, errors }: OwnProcess, isReady: () => Promise<boolean>): Promise<void> {
  let ended: number | null | undefined
  void exited.then((code) => {
    ended = code
  })
  const limit = Date.now() + READY_WITHIN_MS
  while (ended === undefined && Date.now() < limit) {
    if (await isReady().catch(() => false)) return
    await pause(LOOK_MS)
  }
  throw new Error(`not ready, exit code ${ended}: ${errors()}`)
}

/** Ends it as its supervisor would, and in the end by force. */
export async function endProcess({ child, exited }: OwnProcess): Promise<void> {
  child.kill('SIGCONT')
  child.kill('SIGKILL')
  await exited
}
