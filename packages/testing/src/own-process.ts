import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface OwnProcess {
  child: ChildProcess
  /** Resolves with the exit code; null: ended by a signal. */
  exited: Promise<number | null>
  /** All that it has written so far, to its log and as errors. */
  written(): string
  /** Resolves with the address that it says it listens at. @throws Error with what it wrote where it ends before */
  listening(): Promise<string>
}

/** Runs a program's file as production does, with `PATH`, these variables and nothing else in its environment. */
export function startProcess(file: string, env: Record<string, string> = {}, words: string[] = []): OwnProcess {
  const child = spawn(process.execPath, [file, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
  })
  const address = Promise.withResolvers<string>()
  let written = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text
      const [, found] = /listening at (https?:\/\/[^\s"]+)/.exec(written) ?? []
      if (found !== undefined) address.resolve(found)
    })
  const exited = once(child, 'close').then(([code]) => code as number | null)
  const ended = exited.then((code) => Promise.reject(new Error(`it ended with ${code}: ${written}`)))
  ended.catch(() => {
    // Only who waits for the address is told of it.
  })
  return { child, exited, written: () => written, listening: () => Promise.race([address.promise, ended]) }
}

/** Ends it as a machine that goes down would, also one that stands still. */
export async function endProcess({ child, exited }: OwnProcess): Promise<void> {
  child.kill('SIGCONT')
  child.kill('SIGKILL')
  await exited
}
