import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface OwnRedis {
  url: string
  signal(signal: NodeJS.Signals): void
  /** After it was killed; one that runs goes on running. */
  restart(): Promise<void>
  flush(): Promise<void>
  /** From now on every command that reaches it, as it stands on the wire; resolves with them all. */
  watch(): Promise<() => string>
}

/** A Redis that may be killed. */
export async function startRedis(port: number, folder: string): Promise<OwnRedis & { end(): Promise<void> }> {
  let child: ChildProcess | undefined
  let ended: Promise<unknown> = Promise.resolve()
  const watching: ChildProcess[] = []
  const command = async (...words: string[]) => {
    const cli = spawn('redis-cli', ['-p', String(port), ...words], { stdio: 'ignore' })
    return new Promise<number | null>((resolve) => cli.once('close', resolve))
  }
  const restart = async () => {
    if (child) return
    await ended
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
    child = spawn('redis-server', options, { stdio: 'ignore' })
    ended = once(child, 'exit')
    while ((await command('ping')) !== 0);
  }
  await restart()
  return {
    url: `redis://127.0.0.1:${port}`,
    signal(signal: NodeJS.Signals) {
      child?.kill(signal)
      if (signal === 'SIGKILL') child = undefined
    },
    restart,
    flush: async () => void (await command('flushall')),
    async watch() {
      const monitor = spawn('redis-cli', ['-p', String(port), 'monitor'], { stdio: ['ignore', 'pipe', 'ignore'] })
      watching.push(monitor)
      let seen = ''
      const began = once(monitor.stdout, 'data')
      monitor.stdout.on('data', (chunk) => {
        seen += chunk
      })
      await began
      return () => seen
    },
    async end() {
      for (const each of [child, ...watching]) each?.kill('SIGKILL')
    },
  }
}
